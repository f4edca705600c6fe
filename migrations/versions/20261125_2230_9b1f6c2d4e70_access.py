"""Exams of a unit, and roles that no unit divides

Revision: 9b1f6c2d4e70, after 5c0d1e7a9b21
Made: 2026-11-25 22:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '9b1f6c2d4e70'
down_revision = '5c0d1e7a9b21'
branch_labels = None
depends_on = None

DIVIDED = "unit_id IS NULL OR role IN ('organizer', 'invigilator', 'assessor', 'liaison')"


def upgrade() -> None:
    with op.batch_alter_table('exam') as batch:
        batch.add_column(sa.Column('unit_id', sa.Integer(), nullable=True))
        batch.create_foreign_key(op.f('fk_exam_unit_id'), 'unit', ['unit_id'], ['id'])
    with op.batch_alter_table('role_grant') as batch:
        batch.create_check_constraint(
            op.f('ck_role_grant_divided_by_unit'), sa.text(DIVIDED)
        )


def downgrade() -> None:
    with op.batch_alter_table('role_grant') as batch:
        batch.drop_constraint(op.f('ck_role_grant_divided_by_unit'), type_='check')
    with op.batch_alter_table('exam') as batch:
        batch.drop_constraint(op.f('fk_exam_unit_id'), type_='foreignkey')
        batch.drop_column('unit_id')
