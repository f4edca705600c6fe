"""Cases: questions that share a stem

Revision: 4be1d07f2c96, after 8c52e0b7d914
Made: 2026-11-26 17:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '4be1d07f2c96'
down_revision = '8c52e0b7d914'
branch_labels = None
depends_on = None

KIND = 'ck_question_version_known_kind'
OLD = 'uq_key_change_revision_id_version_id'
NEW = 'uq_key_change_revision_id_version_id_part'


def upgrade() -> None:
    with op.batch_alter_table('question_version') as batch:
        batch.add_column(
            sa.Column('parts', sa.JSON(), server_default='[]', nullable=False)
        )
        batch.drop_constraint(batch.f(KIND), type_='check')
        batch.create_check_constraint(
            batch.f(KIND), "kind IN ('single', 'multi', 'judge', 'fill', 'case')"
        )
    with op.batch_alter_table('question_version') as batch:
        batch.alter_column('parts', server_default=None)
    with op.batch_alter_table('blueprint_row') as batch:
        batch.add_column(
            sa.Column('parts', sa.Integer(), server_default='0', nullable=False)
        )
    with op.batch_alter_table('blueprint_row') as batch:
        batch.alter_column('parts', server_default=None)
    with op.batch_alter_table('key_change') as batch:
        batch.add_column(
            sa.Column('part', sa.Integer(), server_default='0', nullable=False)
        )
        batch.drop_constraint(batch.f(OLD), type_='unique')
        batch.create_unique_constraint(
            batch.f(NEW),
            ['revision_id', 'version_id', 'part'],
        )
    with op.batch_alter_table('key_change') as batch:
        batch.alter_column('part', server_default=None)


def downgrade() -> None:
    with op.batch_alter_table('key_change') as batch:
        batch.drop_constraint(batch.f(NEW), type_='unique')
        batch.create_unique_constraint(
            batch.f(OLD), ['revision_id', 'version_id']
        )
        batch.drop_column('part')
    with op.batch_alter_table('blueprint_row') as batch:
        batch.drop_column('parts')
    with op.batch_alter_table('question_version') as batch:
        batch.drop_constraint(batch.f(KIND), type_='check')
        batch.create_check_constraint(
            batch.f(KIND), "kind IN ('single', 'multi', 'judge', 'fill')"
        )
        batch.drop_column('parts')
