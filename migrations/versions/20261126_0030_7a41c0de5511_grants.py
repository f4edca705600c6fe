"""Time given to rooms, once for one tap; pauses of an exam

Revision: 7a41c0de5511, after 7d2f4b8c6e15
Made: 2026-11-26 00:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '7a41c0de5511'
down_revision = '7d2f4b8c6e15'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'exam_pause',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('began_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('began_by', sa.Integer(), nullable=True),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_by', sa.Integer(), nullable=True),
        sa.CheckConstraint('ended_at >= began_at', name=op.f('ck_exam_pause_ends_after_it_began')),
        sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_exam_pause_exam_id')),
        sa.ForeignKeyConstraint(['began_by'], ['account.id'], name=op.f('fk_exam_pause_began_by')),
        sa.ForeignKeyConstraint(['ended_by'], ['account.id'], name=op.f('fk_exam_pause_ended_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exam_pause')),
        sa.UniqueConstraint('exam_id', 'key', name=op.f('uq_exam_pause_exam_id_key')),
    )
    op.add_column('exam', sa.Column('paused_at', sa.DateTime(timezone=True), nullable=True))
    op.add_column('candidate', sa.Column('room', sa.Text(), nullable=True))
    op.add_column('time_grant', sa.Column('key', sa.Text(), nullable=True))
    op.add_column('time_grant', sa.Column('room', sa.Text(), nullable=True))
    # Grants made before had no key: each was one tap of its own.
    op.execute("UPDATE time_grant SET key = 'grant-' || id")
    with op.batch_alter_table('time_grant') as batch:
        batch.alter_column('key', existing_type=sa.Text(), nullable=False)
        batch.alter_column('granted_by', existing_type=sa.Integer(), nullable=True)
        batch.create_unique_constraint(op.f('uq_time_grant_exam_id_key'), ['exam_id', 'key'])
        batch.create_check_constraint(
            op.f('ck_time_grant_reaches_one_kind'),
            sa.text(
                '(unit_id IS NULL OR candidate_id IS NULL)'
                ' AND (room IS NULL OR (unit_id IS NULL AND candidate_id IS NULL))'
            ),
        )


def downgrade() -> None:
    # What the older schema cannot hold: grants to rooms, or from the terminal.
    op.execute("DELETE FROM time_grant WHERE room IS NOT NULL OR granted_by IS NULL")
    with op.batch_alter_table('time_grant') as batch:
        batch.drop_constraint(op.f('ck_time_grant_reaches_one_kind'), type_='check')
        batch.drop_constraint(op.f('uq_time_grant_exam_id_key'), type_='unique')
        batch.alter_column('granted_by', existing_type=sa.Integer(), nullable=False)
        batch.drop_column('room')
        batch.drop_column('key')
    with op.batch_alter_table('candidate') as batch:
        batch.drop_column('room')
    with op.batch_alter_table('exam') as batch:
        batch.drop_column('paused_at')
    op.drop_table('exam_pause')
