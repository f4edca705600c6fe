"""Imports of questions that can be undone as a whole

Revision: 3e8a5c1f7b42, after 7d3a52c91e40
Made: 2026-11-26 10:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '3e8a5c1f7b42'
down_revision = '7d3a52c91e40'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'bank_import',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.Text(), nullable=False),
        sa.Column('filename', sa.Text(), nullable=False),
        sa.Column('sha256', sa.Text(), nullable=False),
        sa.Column('total', sa.Integer(), nullable=False),
        sa.Column('added', sa.Integer(), nullable=False),
        sa.Column('known', sa.Integer(), nullable=False),
        sa.Column('repeated', sa.Integer(), nullable=False),
        sa.Column('bad', sa.Integer(), nullable=False),
        sa.Column('topics', sa.JSON(), nullable=False),
        sa.Column('undone_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('undone_by', sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_import')),
    )
    with op.batch_alter_table('bank_import') as batch:
        batch.create_index(batch.f('ix_bank_import_sha256'), ['sha256'], unique=False)
    with op.batch_alter_table('question') as batch:
        batch.add_column(sa.Column('import_id', sa.Integer(), nullable=True))
        batch.create_index(batch.f('ix_question_import_id'), ['import_id'], unique=False)
        batch.create_foreign_key(
            batch.f('fk_question_import_id'), 'bank_import', ['import_id'], ['id']
        )


def downgrade() -> None:
    with op.batch_alter_table('question') as batch:
        batch.drop_constraint(batch.f('fk_question_import_id'), type_='foreignkey')
        batch.drop_index(batch.f('ix_question_import_id'))
        batch.drop_column('import_id')
    with op.batch_alter_table('bank_import') as batch:
        batch.drop_index(batch.f('ix_bank_import_sha256'))
    op.drop_table('bank_import')
