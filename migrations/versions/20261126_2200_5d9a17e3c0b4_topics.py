"""Topics that were merged; what a topic was called when an exam was published

Revision: 5d9a17e3c0b4, after 5d7c20e9b4fa
Made: 2026-11-26 22:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = '5d9a17e3c0b4'
down_revision = '5d7c20e9b4fa'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('topic') as batch:
        batch.add_column(sa.Column('merged_into', sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f('fk_topic_merged_into'), 'topic', ['merged_into'], ['id']
        )
    with op.batch_alter_table('blueprint_row') as batch:
        batch.add_column(sa.Column('topic_called', sa.Text(), nullable=True))
    # Until now no page could rename a topic: it is still called as it was.
    op.execute(
        'UPDATE blueprint_row SET topic_called = '
        '(SELECT name FROM topic WHERE topic.id = blueprint_row.topic_id) '
        'WHERE exam_id IN (SELECT id FROM exam WHERE published_at IS NOT NULL)'
    )


def downgrade() -> None:
    with op.batch_alter_table('blueprint_row') as batch:
        batch.drop_column('topic_called')
    with op.batch_alter_table('topic') as batch:
        batch.drop_constraint(op.f('fk_topic_merged_into'), type_='foreignkey')
        batch.drop_column('merged_into')
