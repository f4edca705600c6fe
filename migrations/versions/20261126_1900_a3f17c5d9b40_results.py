"""What candidates see of their results; certificates; objections

Revision: a3f17c5d9b40, after a3f07c5e61d8
Made: 2026-11-26 19:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'a3f17c5d9b40'
down_revision = 'a3f07c5e61d8'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('exam') as batch:
        batch.add_column(
            sa.Column('show_what', sa.Text(), nullable=False, server_default='score')
        )
        batch.create_check_constraint(
            'known_show_what', "show_what IN ('nothing', 'score', 'topics', 'all')"
        )
    with op.batch_alter_table('exam') as batch:
        batch.alter_column('show_what', server_default=None)
    op.create_table(
        'certificate',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('code', sa.Text(), nullable=False),
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('key_revision', sa.Integer(), nullable=False),
        sa.Column('issued_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ['sitting_id'], ['sitting.id'], name=op.f('fk_certificate_sitting_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_certificate')),
        sa.UniqueConstraint('code', name=op.f('uq_certificate_code')),
        sa.UniqueConstraint(
            'sitting_id',
            'generation',
            'key_revision',
            name=op.f('uq_certificate_sitting_id_generation_key_revision'),
        ),
    )
    op.create_table(
        'objection',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('generation', sa.Integer(), nullable=False),
        sa.Column('q', sa.Text(), nullable=False),
        sa.Column('version_id', sa.Integer(), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('made_at', MOMENT, nullable=False),
        sa.Column('outcome', sa.Text(), nullable=True),
        sa.Column('answer', sa.Text(), nullable=False),
        sa.Column('answered_at', MOMENT, nullable=True),
        sa.Column('answered_by', sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('upheld', 'kept')", name=op.f('ck_objection_known_outcome')
        ),
        sa.CheckConstraint(
            '(outcome IS NULL) = (answered_at IS NULL)',
            name=op.f('ck_objection_answered_at_a_moment'),
        ),
        sa.ForeignKeyConstraint(
            ['answered_by'], ['account.id'], name=op.f('fk_objection_answered_by')
        ),
        sa.ForeignKeyConstraint(
            ['exam_id'], ['exam.id'], name=op.f('fk_objection_exam_id')
        ),
        sa.ForeignKeyConstraint(
            ['sitting_id'], ['sitting.id'], name=op.f('fk_objection_sitting_id')
        ),
        sa.ForeignKeyConstraint(
            ['version_id'], ['question_version.id'], name=op.f('fk_objection_version_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_objection')),
        sa.UniqueConstraint(
            'sitting_id',
            'generation',
            'q',
            name=op.f('uq_objection_sitting_id_generation_q'),
        ),
    )
    op.create_index(op.f('ix_objection_exam_id'), 'objection', ['exam_id'])


def downgrade() -> None:
    op.drop_table('objection')
    op.drop_table('certificate')
    with op.batch_alter_table('exam') as batch:
        batch.drop_constraint(op.f('ck_exam_known_show_what'), type_='check')
        batch.drop_column('show_what')
