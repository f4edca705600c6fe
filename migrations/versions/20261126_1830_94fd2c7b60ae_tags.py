"""Tags and source of questions

Revision: 94fd2c7b60ae, after 9b2e7a64c1d8
Made: 2026-11-26 18:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '94fd2c7b60ae'
down_revision = '9b2e7a64c1d8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('question_version') as batch:
        batch.add_column(
            sa.Column('tags', sa.JSON(), server_default='[]', nullable=False)
        )
        batch.add_column(
            sa.Column('source', sa.Text(), server_default='', nullable=False)
        )
    with op.batch_alter_table('question_version') as batch:
        batch.alter_column('tags', server_default=None)
        batch.alter_column('source', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('question_version') as batch:
        batch.drop_column('source')
        batch.drop_column('tags')
