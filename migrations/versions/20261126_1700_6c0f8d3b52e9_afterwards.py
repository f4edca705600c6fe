"""Codes of receipts

Revision: 6c0f8d3b52e9, after 7d41c0a9e3b5
Made: 2026-11-26 17:00:00
"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = '6c0f8d3b52e9'
down_revision = '7d41c0a9e3b5'
branch_labels = None
depends_on = None

ALPHABET = 'BCDFGHJKMNPQRSTVWXYZ23456789'


def _give_codes(table: str, where: str, *keys: str) -> None:
    """Receipts that were given before have a code from now on, too."""
    own = ' AND '.join(f'{key} = :{key}' for key in keys)
    found = op.get_bind().execute(sa.text(f"SELECT {', '.join(keys)} FROM {table} {where}"))
    rows = [
        {**row._mapping, 'code': ''.join(secrets.choice(ALPHABET) for _ in range(12))}
        for row in found
    ]
    if rows:
        update = sa.text(f'UPDATE {table} SET receipt_code = :code WHERE {own}')
        op.get_bind().execute(update, rows)


def upgrade() -> None:
    with op.batch_alter_table('sitting') as batch:
        batch.add_column(sa.Column('receipt_code', sa.Text(), nullable=True))
    _give_codes('sitting', 'WHERE answers_digest IS NOT NULL', 'id')
    with op.batch_alter_table('sitting') as batch:
        batch.create_unique_constraint(op.f('uq_sitting_receipt_code'), ['receipt_code'])
    with op.batch_alter_table('past_sheet') as batch:
        batch.add_column(sa.Column('receipt_code', sa.Text(), nullable=True))
    _give_codes('past_sheet', '', 'sitting_id', 'generation')
    with op.batch_alter_table('past_sheet') as batch:
        batch.alter_column('receipt_code', existing_type=sa.Text(), nullable=False)
        batch.create_unique_constraint(op.f('uq_past_sheet_receipt_code'), ['receipt_code'])


def downgrade() -> None:
    for table in ('past_sheet', 'sitting'):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(op.f(f'uq_{table}_receipt_code'), type_='unique')
            batch.drop_column('receipt_code')
