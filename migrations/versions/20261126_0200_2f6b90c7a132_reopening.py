"""Closing an exam early and taking it back; proposals; sheets that were reopened

Revision: 2f6b90c7a132, after 7a41c0de5511
Made: 2026-11-26 02:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '2f6b90c7a132'
down_revision = '7a41c0de5511'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'early_closing',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('closed_by', sa.Integer(), nullable=True),
        sa.Column('closes_before', sa.DateTime(timezone=True), nullable=False),
        sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('undone_by', sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_early_closing_exam_id')),
        sa.ForeignKeyConstraint(['closed_by'], ['account.id'], name=op.f('fk_early_closing_closed_by')),
        sa.ForeignKeyConstraint(['undone_by'], ['account.id'], name=op.f('fk_early_closing_undone_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_early_closing')),
    )
    op.create_index(op.f('ix_early_closing_exam_id'), 'early_closing', ['exam_id'])
    op.create_table(
        'past_sheet',
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('state', sa.Text(), nullable=False),
        sa.Column('deadline', sa.DateTime(timezone=True), nullable=False),
        sa.Column('closed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('answers_digest', sa.Text(), nullable=False),
        sa.Column('check_word', sa.Text(), nullable=False),
        sa.Column('audit_n', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_past_sheet_sitting_id')),
        sa.PrimaryKeyConstraint('sitting_id', 'generation', name=op.f('pk_past_sheet')),
    )
    op.create_table(
        'proposal',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('sitting_id', sa.Integer(), nullable=True),
        sa.Column('late_id', sa.Integer(), nullable=True),
        sa.Column('asked', sa.JSON(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('proposed_by', sa.Integer(), nullable=False),
        sa.Column('decision', sa.Text(), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.Integer(), nullable=True),
        sa.CheckConstraint("kind IN ('reopen', 'admit')", name=op.f('ck_proposal_known_kind')),
        sa.CheckConstraint("decision IN ('confirmed', 'declined', 'withdrawn')", name=op.f('ck_proposal_known_decision')),
        sa.CheckConstraint('(decision IS NULL) = (decided_at IS NULL)', name=op.f('ck_proposal_decided_at_a_moment')),
        sa.CheckConstraint(
            "decision IS NULL OR decision != 'confirmed' OR decided_by != proposed_by",
            name=op.f('ck_proposal_confirmed_by_another'),
        ),
        sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_proposal_exam_id')),
        sa.ForeignKeyConstraint(['sitting_id'], ['sitting.id'], name=op.f('fk_proposal_sitting_id')),
        sa.ForeignKeyConstraint(['late_id'], ['late_message.id'], name=op.f('fk_proposal_late_id')),
        sa.ForeignKeyConstraint(['proposed_by'], ['account.id'], name=op.f('fk_proposal_proposed_by')),
        sa.ForeignKeyConstraint(['decided_by'], ['account.id'], name=op.f('fk_proposal_decided_by')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
        sa.UniqueConstraint('exam_id', 'key', name=op.f('uq_proposal_exam_id_key')),
    )
    op.add_column('sitting', sa.Column('deadline_before', sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('sitting') as batch:
        batch.drop_column('deadline_before')
    op.drop_table('proposal')
    op.drop_table('past_sheet')
    op.drop_index(op.f('ix_early_closing_exam_id'), 'early_closing')
    op.drop_table('early_closing')
