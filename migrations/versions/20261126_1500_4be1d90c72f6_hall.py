"""The hall: what an exam asks for, incidents, presence, when phones were heard of last

Revision: 4be1d90c72f6, after 6c0f8d3b52e9
Made: 2026-11-26 15:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '4be1d90c72f6'
down_revision = '6c0f8d3b52e9'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('exam') as batch:
        batch.add_column(
            sa.Column('presence', sa.Text(), nullable=False, server_default='none')
        )
        batch.add_column(
            sa.Column(
                'provisional', sa.Boolean(), nullable=False, server_default=sa.false()
            )
        )
        batch.add_column(
            sa.Column('hall_issue', sa.Integer(), nullable=False, server_default='1')
        )
        batch.create_check_constraint(
            op.f('ck_exam_known_presence'),
            "presence IN ('none', 'code', 'invigilator')",
        )
    with op.batch_alter_table('exam') as batch:
        for column in ('presence', 'provisional', 'hall_issue'):
            batch.alter_column(column, server_default=None)
    op.create_table(
        'incident',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('exam_id', sa.Integer(), nullable=False),
        sa.Column('key', sa.Text(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('candidate_id', sa.Integer(), nullable=True),
        sa.Column('room', sa.Text(), nullable=True),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('happened_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('noted_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('noted_by', sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('device', 'network', 'identity', 'conduct', 'health', 'other')",
            name=op.f('ck_incident_known_kind'),
        ),
        sa.CheckConstraint(
            'happened_at <= noted_at', name=op.f('ck_incident_noted_afterwards')
        ),
        sa.CheckConstraint(
            'room IS NULL OR candidate_id IS NULL',
            name=op.f('ck_incident_about_a_person_or_a_room'),
        ),
        sa.ForeignKeyConstraint(
            ['exam_id'], ['exam.id'], name=op.f('fk_incident_exam_id')
        ),
        sa.ForeignKeyConstraint(
            ['candidate_id'], ['candidate.id'], name=op.f('fk_incident_candidate_id')
        ),
        sa.ForeignKeyConstraint(
            ['noted_by'], ['account.id'], name=op.f('fk_incident_noted_by')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_incident')),
        sa.UniqueConstraint('exam_id', 'key', name=op.f('uq_incident_exam_id_key')),
    )
    op.create_table(
        'presence',
        sa.Column('candidate_id', sa.Integer(), nullable=False),
        sa.Column('how', sa.Text(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('room', sa.Text(), nullable=True),
        sa.Column('reason', sa.Text(), nullable=True),
        sa.Column('account_id', sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "how IN ('scan', 'digits', 'invigilator', 'phone')",
            name=op.f('ck_presence_known_how'),
        ),
        sa.CheckConstraint(
            "(how = 'invigilator') = (reason IS NOT NULL)",
            name=op.f('ck_presence_admitted_for_a_reason'),
        ),
        sa.ForeignKeyConstraint(
            ['candidate_id'], ['candidate.id'], name=op.f('fk_presence_candidate_id')
        ),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_presence_account_id')
        ),
        sa.PrimaryKeyConstraint('candidate_id', name=op.f('pk_presence')),
    )
    op.create_table(
        'heard',
        sa.Column('sitting_id', sa.Integer(), nullable=False),
        sa.Column('heard_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['sitting_id'], ['sitting.id'], name=op.f('fk_heard_sitting_id')
        ),
        sa.PrimaryKeyConstraint('sitting_id', name=op.f('pk_heard')),
    )


def downgrade() -> None:
    op.drop_table('heard')
    op.drop_table('presence')
    op.drop_table('incident')
    with op.batch_alter_table('exam') as batch:
        batch.drop_constraint(op.f('ck_exam_known_presence'), type_='check')
        for column in ('hall_issue', 'provisional', 'presence'):
            batch.drop_column(column)
