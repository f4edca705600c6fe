"""Whom a candidate may ask; when the page was left

Revision: b7d41f0c9a35, after 3e8a5c1f7b42
Made: 2026-11-26 12:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'b7d41f0c9a35'
down_revision = '3e8a5c1f7b42'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('exam') as batch:
        batch.add_column(
            sa.Column('contact', sa.Text(), nullable=False, server_default='')
        )
    with op.batch_alter_table('exam') as batch:
        batch.alter_column('contact', server_default=None)
    op.create_table(
        'away',
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('duration_ms', sa.Integer(), nullable=False),
        sa.Column('received_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['sitting_id'], ['sitting.id'], name=op.f('fk_away_sitting_id')
        ),
        sa.PrimaryKeyConstraint('sitting_id', 'number', name=op.f('pk_away')),
    )


def downgrade() -> None:
    op.drop_table('away')
    with op.batch_alter_table('exam') as batch:
        batch.drop_column('contact')
