"""Questions that never stand on one paper, and those for exams alone

Revision: e71b5d20af94, after a3f17c5d9b40
Made: 2026-11-26 18:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'e71b5d20af94'
down_revision = 'a3f17c5d9b40'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('question') as batch:
        batch.add_column(
            sa.Column('pool', sa.Text(), server_default='open', nullable=False)
        )
        batch.add_column(sa.Column('enemies', sa.Integer(), nullable=True))
        batch.create_check_constraint(
            batch.f('ck_question_known_pool'), "pool IN ('open', 'exam')"
        )
        batch.create_index(batch.f('ix_question_enemies'), ['enemies'], unique=False)
    with op.batch_alter_table('question') as batch:
        batch.alter_column('pool', server_default=None)
    with op.batch_alter_table('pool_item') as batch:
        batch.add_column(sa.Column('enemies', sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('pool_item') as batch:
        batch.drop_column('enemies')
    with op.batch_alter_table('question') as batch:
        batch.drop_index(batch.f('ix_question_enemies'))
        batch.drop_constraint(batch.f('ck_question_known_pool'), type_='check')
        batch.drop_column('enemies')
        batch.drop_column('pool')
