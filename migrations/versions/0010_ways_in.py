"""Ways in: authenticator apps and recovery codes, passkeys, new addresses, invitations, and what a session remembers."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
#: Whoever was signed in before has proved who they are when the session began.
_SIGN_IN = sa.table("sign_in", sa.column("started_at"), sa.column("seen_at"), sa.column("proved_at"))


def _of_account(name: str, *columns: sa.Column, unique: bool = False) -> None:
    """A table of rows that belong to an account."""
    op.create_table(
        name,
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("account_id", _NUMBER, nullable=False),
        *columns,
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=f"fk_{name}_account_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *([sa.UniqueConstraint("account_id", name=f"uq_{name}_account_id")] if unique else []),
    )
    if not unique:
        op.create_index(f"ix_{name}_account_id", name, ["account_id"])


def upgrade() -> None:
    _of_account(
        "authenticator",
        sa.Column("sealed_secret", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_step", _NUMBER, nullable=False),
        unique=True,
    )
    _of_account(
        "recovery_code",
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("code_hash", name="uq_recovery_code_code_hash"),
    )
    _of_account(
        "passkey",
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("public_key", sa.String(), nullable=False),
        sa.Column("sign_count", _NUMBER, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("credential", name="uq_passkey_credential"),
    )
    _of_account(
        "address_change",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        sa.UniqueConstraint("token_hash", name="uq_address_change_token_hash"),
    )
    _sessions()
    op.add_column(
        "organisation",
        sa.Column("requires_second_factor", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    with op.batch_alter_table("organisation") as table:
        table.alter_column("requires_second_factor", existing_type=sa.Boolean(), server_default=None)
    _invitations()


def _sessions() -> None:
    """What the list of sessions shows, and what a session has proved."""
    op.add_column("sign_in", sa.Column("network", sa.String(), nullable=False, server_default=""))
    for name in ("seen_at", "proved_at", "second_at"):
        op.add_column("sign_in", sa.Column(name, _MOMENT, nullable=True))
    op.add_column("sign_in", sa.Column("challenge_hash", sa.String(), nullable=True))
    began = _SIGN_IN.c.started_at
    op.execute(sa.update(_SIGN_IN).values(seen_at=began, proved_at=began))
    with op.batch_alter_table("sign_in") as table:
        table.alter_column("network", existing_type=sa.String(), server_default=None)
        table.alter_column("seen_at", existing_type=_MOMENT, nullable=False)
        table.alter_column("proved_at", existing_type=_MOMENT, nullable=False)
        table.create_unique_constraint("uq_sign_in_challenge_hash", ["challenge_hash"])


def _invitations() -> None:
    op.create_table(
        "invitation",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("tenant_id", _NUMBER, nullable=False),
        sa.Column("organisation_id", _NUMBER, nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("email", sa.String(), nullable=True),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("sealed_code", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("by_id", _NUMBER, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_invitation_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organisation_id"],
            ["organisation.tenant_id", "organisation.id"],
            name="fk_invitation_tenant_id_organisation_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "by_id"], ["person.tenant_id", "person.id"], name="fk_invitation_tenant_id_by_id"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_invitation"),
        sa.UniqueConstraint("code_hash", name="uq_invitation_code_hash"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_invitation_tenant_id_id"),
    )
    op.create_index("ix_invitation_tenant_id_organisation_id", "invitation", ["tenant_id", "organisation_id"])
    op.create_index("ix_invitation_tenant_id_by_id", "invitation", ["tenant_id", "by_id"])
    walls.guard("invitation")
    if op.get_bind().dialect.name != "postgresql":
        return
    # Whoever brings a code learns where it leads to before anybody knows who they are.
    op.execute(
        "create function tenants_of_invitation(text) returns setof bigint language sql stable security definer"
        " set search_path = public, pg_temp as 'select tenant_id from invitation where code_hash = $1'"
    )
    op.execute("revoke execute on function tenants_of_invitation(text) from public")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function tenants_of_invitation(text)")
    op.drop_table("invitation")
    with op.batch_alter_table("organisation") as table:
        table.drop_column("requires_second_factor")
    with op.batch_alter_table("sign_in") as table:
        table.drop_constraint("uq_sign_in_challenge_hash", type_="unique")
        for name in ("network", "seen_at", "proved_at", "second_at", "challenge_hash"):
            table.drop_column(name)
    for name in ("address_change", "passkey", "recovery_code", "authenticator"):
        op.drop_table(name)
