"""Seals of what each act wrote

Revision: 7d2f4b8c6e15, after 9b1f6c2d4e70
Made: 2026-11-26 09:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '7d2f4b8c6e15'
down_revision = '9b1f6c2d4e70'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('audit_entry') as batch:
        batch.add_column(sa.Column('rows', sa.Text(), server_default='', nullable=False))
        batch.add_column(sa.Column('seal', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    with op.batch_alter_table('audit_entry') as batch:
        batch.drop_column('seal')
        batch.drop_column('rows')
