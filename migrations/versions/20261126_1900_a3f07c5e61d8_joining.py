"""Asking to be let in without being on the roster

Revision: a3f07c5e61d8, after c3f90a6e8d17
Made: 2026-11-26 19:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'a3f07c5e61d8'
down_revision = 'c3f90a6e8d17'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'joining',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('number_digest', sa.Text(), nullable=False),
        sa.Column('device', sa.Text(), nullable=False),
        sa.Column('asked_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('candidate_id', sa.Integer(), nullable=True),
        sa.Column('accepted', sa.Boolean(), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            '(decided_at IS NULL) = (accepted IS NULL)',
            name=op.f('ck_joining_decided_or_not'),
        ),
        sa.ForeignKeyConstraint(
            ['candidate_id'], ['candidate.id'], name=op.f('fk_joining_candidate_id')
        ),
        sa.ForeignKeyConstraint(
            ['exam_id'], ['exam.id'], name=op.f('fk_joining_exam_id')
        ),
        sa.ForeignKeyConstraint(
            ['unit_id'], ['unit.id'], name=op.f('fk_joining_unit_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_joining')),
    )
    op.create_index('ix_joining_exam_device', 'joining', ['exam_id', 'device'])


def downgrade() -> None:
    op.drop_index('ix_joining_exam_device', table_name='joining')
    op.drop_table('joining')
