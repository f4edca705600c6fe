"""What candidates see of their results; certificates

Revision: a3f17c5d9b40, after 4be1d07f2c96
Made: 2026-11-26 19:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'a3f17c5d9b40'
down_revision = '4be1d07f2c96'
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


def downgrade() -> None:
    op.drop_table('certificate')
    with op.batch_alter_table('exam') as batch:
        batch.drop_constraint(op.f('ck_exam_known_show_what'), type_='check')
        batch.drop_column('show_what')
