"""What people say about questions

Revision: 8c52e0b7d914, after 4be1d90c72f6
Made: 2026-11-26 16:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '8c52e0b7d914'
down_revision = '4be1d90c72f6'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'question_remark',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=False),
        sa.Column('part', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('exam_code', sa.Text(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('made_by', sa.Text(), nullable=False),
        sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('settled_by', sa.Text(), nullable=True),
        sa.Column('outcome', sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('note', 'return', 'objection')",
            name=op.f('ck_question_remark_known_kind'),
        ),
        sa.CheckConstraint(
            '(settled_at IS NULL) = (settled_by IS NULL)',
            name=op.f('ck_question_remark_settled_by_somebody'),
        ),
        sa.ForeignKeyConstraint(
            ['version_id'],
            ['question_version.id'],
            name=op.f('fk_question_remark_version_id'),
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_question_remark')),
    )
    with op.batch_alter_table('question_remark') as batch:
        batch.create_index(
            batch.f('ix_question_remark_version_id'), ['version_id'], unique=False
        )


def downgrade() -> None:
    op.drop_table('question_remark')
