"""What came of a question in an exam

Revision: b06e4d91f37c, after e71b5d20af94
Made: 2026-11-26 19:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'b06e4d91f37c'
down_revision = 'e71b5d20af94'
branch_labels = None
depends_on = None

COLUMNS = ('answers', 'earned', 'possible')


def upgrade() -> None:
    with op.batch_alter_table('question_use') as batch:
        for name in COLUMNS:
            batch.add_column(
                sa.Column(name, sa.Integer(), server_default='0', nullable=False)
            )
    with op.batch_alter_table('question_use') as batch:
        for name in COLUMNS:
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('question_use') as batch:
        for name in COLUMNS:
            batch.drop_column(name)
