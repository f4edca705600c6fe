"""Revisions of an exam's keys; exams put away for good

Revision: 9d3c41ab7e08, after 2f6b90c7a132
Made: 2026-11-26 03:30:00
"""

import sqlalchemy as sa
from alembic import op

revision = '9d3c41ab7e08'
down_revision = '2f6b90c7a132'
branch_labels = None
depends_on = None


def _known(kinds: str) -> None:
    with op.batch_alter_table('proposal') as batch:
        batch.drop_constraint(op.f('ck_proposal_known_kind'), type_='check')
        batch.create_check_constraint(op.f('ck_proposal_known_kind'), sa.text(kinds))


def upgrade() -> None:
    op.create_table(
        'key_revision',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('proposal_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.Text(), nullable=False),
        sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('scored_at', sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint('number > 0', name=op.f('ck_key_revision_counts_from_one')),
        sa.ForeignKeyConstraint(['exam_id'], ['exam.id'], name=op.f('fk_key_revision_exam_id')),
        sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_key_revision_proposal_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_key_revision')),
        sa.UniqueConstraint('exam_id', 'number', name=op.f('uq_key_revision_exam_id_number')),
        sa.UniqueConstraint('proposal_id', name=op.f('uq_key_revision_proposal_id')),
    )
    op.create_table(
        'key_change',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('revision_id', sa.Integer(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('keys', sa.JSON(), nullable=False),
        sa.CheckConstraint("kind IN ('key', 'full', 'drop')", name=op.f('ck_key_change_known_kind')),
        sa.ForeignKeyConstraint(['revision_id'], ['key_revision.id'], name=op.f('fk_key_change_revision_id')),
        sa.ForeignKeyConstraint(['version_id'], ['question_version.id'], name=op.f('fk_key_change_version_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_key_change')),
        sa.UniqueConstraint('revision_id', 'version_id', name=op.f('uq_key_change_revision_id_version_id')),
    )
    op.add_column('exam', sa.Column('archived_at', sa.DateTime(timezone=True), nullable=True))
    _known("kind IN ('reopen', 'admit', 'rekey')")


def downgrade() -> None:
    # Scores by corrected keys and what asked for them go: the older schema has none.
    op.execute("DELETE FROM score WHERE key_revision > 0")
    op.drop_table('key_change')
    op.drop_table('key_revision')
    op.execute("DELETE FROM proposal WHERE kind = 'rekey'")
    with op.batch_alter_table('exam') as batch:
        batch.drop_column('archived_at')
    _known("kind IN ('reopen', 'admit')")
