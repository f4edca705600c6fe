"""All roles

Revision: 5c0d1e7a9b21, after 14b1118f5491
Made: 2026-11-25 21:15:00
"""

import sqlalchemy as sa
from alembic import op

revision = '5c0d1e7a9b21'
down_revision = '14b1118f5491'
branch_labels = None
depends_on = None

BEFORE = "role IN ('admin', 'organizer')"
AFTER = (
    "role IN ('admin', 'organizer', 'author', 'reviewer', 'invigilator',"
    " 'assessor', 'liaison', 'auditor')"
)


def _known(roles: str) -> None:
    with op.batch_alter_table('role_grant') as batch:
        batch.drop_constraint(op.f('ck_role_grant_known_role'), type_='check')
        batch.create_check_constraint(op.f('ck_role_grant_known_role'), sa.text(roles))


def upgrade() -> None:
    _known(AFTER)


def downgrade() -> None:
    _known(BEFORE)
