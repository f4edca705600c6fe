"""Rosters: order and closing of units, changes, deadlines, checks, exemptions

Revision: 7d3a52c91e40, after 3e9d27c4a1f8
Made: 2026-11-26 09:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '7d3a52c91e40'
down_revision = '3e9d27c4a1f8'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('unit') as batch:
        batch.add_column(
            sa.Column('place', sa.Integer(), nullable=False, server_default='0')
        )
        batch.add_column(
            sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True)
        )
        batch.create_index(op.f('ix_unit_parent_id'), ['parent_id'])
    with op.batch_alter_table('unit') as batch:
        batch.alter_column('place', server_default=None)
    _number_places()
    op.create_table(
        'roster_change',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.Text(), nullable=False),
        sa.Column('by_name', sa.Text(), nullable=False),
        sa.Column('what', sa.Text(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('from_unit_id', sa.Integer(), nullable=True),
        sa.Column('person_id', sa.Integer(), nullable=True),
        sa.Column('details', sa.JSON(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('source', sa.Text(), nullable=False),
        sa.CheckConstraint(
            "what IN ('made', 'changed', 'moved', 'left', 'returned', 'closed',"
            " 'reopened')",
            name=op.f('ck_roster_change_known_act'),
        ),
        sa.ForeignKeyConstraint(
            ['unit_id'], ['unit.id'], name=op.f('fk_roster_change_unit_id')
        ),
        sa.ForeignKeyConstraint(
            ['from_unit_id'], ['unit.id'], name=op.f('fk_roster_change_from_unit_id')
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_roster_change_person_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_change')),
    )
    for column in ('unit_id', 'from_unit_id', 'person_id'):
        op.create_index(
            op.f(f'ix_roster_change_{column}'), 'roster_change', [column]
        )
    op.create_table(
        'rank_group',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('position', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_rank_group')),
        sa.UniqueConstraint('name', name=op.f('uq_rank_group_name')),
    )
    op.create_table(
        'roster_window',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=True),
        sa.Column('closes_at', sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ['unit_id'], ['unit.id'], name=op.f('fk_roster_window_unit_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_window')),
        sa.UniqueConstraint('unit_id', name=op.f('uq_roster_window_unit_id')),
    )
    op.create_table(
        'roster_check',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('unit_id', sa.Integer(), nullable=False),
        sa.Column('at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('actor', sa.Text(), nullable=False),
        sa.Column('by_name', sa.Text(), nullable=False),
        sa.Column('people', sa.Integer(), nullable=False),
        sa.Column('seen', sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ['unit_id'], ['unit.id'], name=op.f('fk_roster_check_unit_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_roster_check')),
    )
    op.create_index(op.f('ix_roster_check_unit_id'), 'roster_check', ['unit_id'])
    op.create_table(
        'exemption',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('person_id', sa.Integer(), nullable=False),
        sa.Column('kind', sa.Text(), nullable=False),
        sa.Column('note', sa.Text(), nullable=False),
        sa.Column('until', sa.DateTime(timezone=True), nullable=True),
        sa.Column('exam_code', sa.Text(), nullable=True),
        sa.Column('requested_at', sa.DateTime(timezone=True), nullable=False),
        sa.Column('requested_by', sa.Text(), nullable=False),
        sa.Column('requested_name', sa.Text(), nullable=False),
        sa.Column('approved', sa.Boolean(), nullable=True),
        sa.Column('decided_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('decided_by', sa.Text(), nullable=True),
        sa.Column('decided_name', sa.Text(), nullable=True),
        sa.Column('decision_note', sa.Text(), nullable=False),
        sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
        sa.Column('ended_name', sa.Text(), nullable=True),
        sa.CheckConstraint(
            'until IS NOT NULL OR exam_code IS NOT NULL',
            name=op.f('ck_exemption_for_a_time_or_an_exam'),
        ),
        sa.CheckConstraint(
            '(approved IS NULL) = (decided_at IS NULL)',
            name=op.f('ck_exemption_decided_at_a_time'),
        ),
        sa.ForeignKeyConstraint(
            ['person_id'], ['person.id'], name=op.f('fk_exemption_person_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_exemption')),
    )
    op.create_index(op.f('ix_exemption_person_id'), 'exemption', ['person_id'])
    with op.batch_alter_table('candidate') as batch:
        for column in ('category', 'level', 'rank'):
            batch.add_column(sa.Column(column, sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table('candidate') as batch:
        for column in ('rank', 'level', 'category'):
            batch.drop_column(column)
    op.drop_table('exemption')
    op.drop_table('roster_check')
    op.drop_table('roster_window')
    op.drop_table('rank_group')
    op.drop_table('roster_change')
    with op.batch_alter_table('unit') as batch:
        batch.drop_index(op.f('ix_unit_parent_id'))
        batch.drop_column('closed_at')
        batch.drop_column('place')


def _number_places() -> None:
    """Where each unit stands when the tree is read from top to bottom."""
    connection = op.get_bind()
    found = connection.execute(
        sa.text('SELECT id, parent_id FROM unit ORDER BY position, code')
    ).all()
    children = {}
    for unit, parent in found:
        children.setdefault(parent, []).append(unit)
    waiting, place = list(reversed(children.get(None, []))), 0
    while waiting:
        unit = waiting.pop()
        place += 1
        connection.execute(
            sa.text('UPDATE unit SET place = :place WHERE id = :unit'),
            {'place': place, 'unit': unit},
        )
        waiting.extend(reversed(children.get(unit, [])))
