"""Questions wait for a second person; versions name their author

Revision: c3f90a6e8d17, after 4be1d07f2c96
Made: 2026-11-26 17:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'c3f90a6e8d17'
down_revision = '4be1d07f2c96'
branch_labels = None
depends_on = None

STATE = 'ck_question_known_state'


def upgrade() -> None:
    with op.batch_alter_table('question') as batch:
        batch.drop_constraint(batch.f(STATE), type_='check')
        batch.create_check_constraint(
            batch.f(STATE),
            "state IN ('draft', 'review', 'approved', 'parked', 'retired')",
        )
    with op.batch_alter_table('question_version') as batch:
        batch.add_column(
            sa.Column('created_by', sa.Text(), server_default='', nullable=False)
        )
    with op.batch_alter_table('question_version') as batch:
        batch.alter_column('created_by', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('question_version') as batch:
        batch.drop_column('created_by')
    op.execute("UPDATE question SET state = 'draft' WHERE state = 'review'")
    with op.batch_alter_table('question') as batch:
        batch.drop_constraint(batch.f(STATE), type_='check')
        batch.create_check_constraint(
            batch.f(STATE), "state IN ('draft', 'approved', 'parked', 'retired')"
        )
