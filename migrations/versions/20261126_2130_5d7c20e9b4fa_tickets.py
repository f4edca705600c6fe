"""Which ticket of a candidate counts

Revision: 5d7c20e9b4fa, after 94fd2c7b60ae
Made: 2026-11-26 21:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '5d7c20e9b4fa'
down_revision = '94fd2c7b60ae'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('candidate') as batch:
        batch.add_column(
            sa.Column('ticket', sa.Integer(), server_default='1', nullable=False)
        )
    with op.batch_alter_table('candidate') as batch:
        batch.alter_column('ticket', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('candidate') as batch:
        batch.drop_column('ticket')
