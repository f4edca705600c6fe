"""The units of an exam by an index

Revision: 3e9d27c4a1f8, after 9d3c41ab7e08
Made: 2026-11-26 04:00:00
"""

from alembic import op

revision = '3e9d27c4a1f8'
down_revision = '9d3c41ab7e08'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index('ix_candidate_exam_unit', 'candidate', ['exam_id', 'unit_id'])


def downgrade() -> None:
    op.drop_index('ix_candidate_exam_unit', 'candidate')
