"""Signing in: second factor, known browsers, proof, old passwords

Revision: d27c4e8a1f35, after b7d41f0c9a35
Made: 2026-11-26 13:00:00
"""

import sqlalchemy as sa
from alembic import op

revision = 'd27c4e8a1f35'
down_revision = 'b7d41f0c9a35'
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table('account') as batch:
        batch.add_column(sa.Column('password_set_at', MOMENT, nullable=True))
        batch.add_column(sa.Column('totp_nonce', sa.Text(), nullable=True))
        batch.add_column(sa.Column('totp_step', sa.Integer(), nullable=True))
    op.create_table(
        'known_browser',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.Text(), nullable=False),
        sa.Column('words', sa.Text(), nullable=False),
        sa.Column('first_at', MOMENT, nullable=False),
        sa.Column('last_at', MOMENT, nullable=False),
        sa.Column('noticed_at', MOMENT, nullable=True),
        sa.Column('failures', sa.Integer(), nullable=False),
        sa.Column('failed_at', MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_known_browser_account_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_known_browser')),
        sa.UniqueConstraint(
            'account_id', 'digest', name=op.f('uq_known_browser_account_id_digest')
        ),
    )
    op.create_table(
        'recovery_code',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('digest', sa.Text(), nullable=False),
        sa.Column('used_at', MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_recovery_code_account_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_recovery_code')),
    )
    op.create_index(op.f('ix_recovery_code_account_id'), 'recovery_code', ['account_id'])
    op.create_table(
        'old_password',
        sa.Column('id', sa.Integer(), nullable=False),
        sa.Column('account_id', sa.Integer(), nullable=False),
        sa.Column('password_hash', sa.Text(), nullable=False),
        sa.Column('replaced_at', MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ['account_id'], ['account.id'], name=op.f('fk_old_password_account_id')
        ),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_old_password')),
    )
    op.create_index(op.f('ix_old_password_account_id'), 'old_password', ['account_id'])
    with op.batch_alter_table('login_session') as batch:
        batch.add_column(sa.Column('proven_at', MOMENT, nullable=True))
        batch.add_column(sa.Column('browser_id', sa.Integer(), nullable=True))
        batch.add_column(sa.Column('wrong_proofs', sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f('fk_login_session_browser_id'), 'known_browser', ['browser_id'], ['id']
        )
    op.execute('UPDATE login_session SET proven_at = created_at, wrong_proofs = 0')
    with op.batch_alter_table('login_session') as batch:
        batch.alter_column('proven_at', existing_type=MOMENT, nullable=False)
        batch.alter_column('wrong_proofs', existing_type=sa.Integer(), nullable=False)
    with op.batch_alter_table('sign_in_link') as batch:
        batch.add_column(sa.Column('purpose', sa.Text(), nullable=True))
    op.execute("UPDATE sign_in_link SET purpose = 'link'")
    with op.batch_alter_table('sign_in_link') as batch:
        batch.alter_column('purpose', existing_type=sa.Text(), nullable=False)
        batch.create_check_constraint(
            op.f('ck_sign_in_link_known_purpose'), sa.text("purpose IN ('link', 'code')")
        )


def downgrade() -> None:
    op.execute("DELETE FROM sign_in_link WHERE purpose <> 'link'")
    with op.batch_alter_table('sign_in_link') as batch:
        batch.drop_constraint(op.f('ck_sign_in_link_known_purpose'), type_='check')
        batch.drop_column('purpose')
    with op.batch_alter_table('login_session') as batch:
        batch.drop_constraint(op.f('fk_login_session_browser_id'), type_='foreignkey')
        batch.drop_column('browser_id')
        batch.drop_column('wrong_proofs')
        batch.drop_column('proven_at')
    for table in ('old_password', 'recovery_code', 'known_browser'):
        op.drop_table(table)
    with op.batch_alter_table('account') as batch:
        for name in ('totp_step', 'totp_nonce', 'password_set_at'):
            batch.drop_column(name)
