"""Answer sheets filled in by pen

Revision: 9b2e7a64c1d8, after b06e4d91f37c
Made: 2026-11-26 20:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '9b2e7a64c1d8'
down_revision = 'b06e4d91f37c'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        'paper_entry',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('answers', sa.JSON(), nullable=False),
        sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['paper_id'], ['paper.id'], name=op.f('fk_paper_entry_paper_id')
        ),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_paper_entry_account_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_paper_entry')),
        sa.UniqueConstraint(
            'paper_id', 'account_id', name=op.f('uq_paper_entry_paper_id_account_id')
        ),
    )
    op.create_table(
        'paper_sheet',
        sa.Column('paper_id', sa.Integer(), nullable=False),
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('outcome', sa.Text(), nullable=False),
        sa.Column('first_by', sa.Integer(), nullable=False),
        sa.Column('second_by', sa.Integer(), nullable=False),
        sa.Column('settled', sa.JSON(), nullable=False),
        sa.Column('handed_in_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('handed_in_by', sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('alone', 'joined', 'kept')",
            name=op.f('ck_paper_sheet_known_outcome'),
        ),
        sa.CheckConstraint(
            'first_by != second_by', name=op.f('ck_paper_sheet_entered_by_two')
        ),
        sa.ForeignKeyConstraint(
            ['paper_id'], ['paper.id'], name=op.f('fk_paper_sheet_paper_id')
        ),
        sa.ForeignKeyConstraint(
            ['sitting_id'], ['sitting.id'], name=op.f('fk_paper_sheet_sitting_id')
        ),
        *(
            sa.ForeignKeyConstraint(
                [column], ['account.id'], name=op.f(f'fk_paper_sheet_{column}')
            )
            for column in ('first_by', 'second_by', 'handed_in_by')
        ),
        sa.PrimaryKeyConstraint('paper_id', name=op.f('pk_paper_sheet')),
    )


def downgrade() -> None:
    op.drop_table('paper_sheet')
    op.drop_table('paper_entry')
