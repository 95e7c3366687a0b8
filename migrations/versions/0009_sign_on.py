"""Sign-on set up by customers: kinds and steps of providers, domains, used states, sessions over there, certified names."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_NEW = ("identity_domain", "identity_session", "identity_state")
_STATES = ("submitted", "discovered", "tested", "live", "off")
_ORIGINS = ("hand", "owner", "invitation", "number", "replaced", "newcomer")
_PROVIDER = sa.table(
    "identity_provider", sa.column("state"), sa.column("is_live"), sa.column("discovered_at"), sa.column("tested_at")
)
#: Signposts: the buttons of the sign-in page, and the provider of an address's domain.
_WITH_PROVIDERS = "select distinct tenant_id from identity_provider where {} limit 2"
_OF_DOMAIN = "select distinct tenant_id from identity_domain where domain = $1 limit 20"


def upgrade() -> None:
    _columns()
    _tables()
    walls.guard(*_NEW)
    _signpost("tenants_with_providers(boolean)", _WITH_PROVIDERS.format("(state = ''live'') = $1"), replace=True)
    _signpost("tenants_of_domain(text)", _OF_DOMAIN)
    with op.batch_alter_table("identity_provider") as provider:
        provider.drop_column("is_live")


def downgrade() -> None:
    with op.batch_alter_table("identity_provider") as provider:
        provider.add_column(sa.Column("is_live", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(sa.update(_PROVIDER).values(is_live=_PROVIDER.c.state == "live"))
    _signpost("tenants_with_providers(boolean)", _WITH_PROVIDERS.format("is_live = $1"), replace=True)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function tenants_of_domain(text)")
    for table in _NEW:
        op.drop_table(table)
    with op.batch_alter_table("person") as person:
        person.drop_column("certified_by")
    with op.batch_alter_table("identity_link") as link:
        link.drop_column("renewable_until")
        link.drop_column("origin")
    with op.batch_alter_table("identity_provider") as provider:
        provider.drop_index("ix_identity_provider_tenant_id_replaces_id")
        provider.drop_constraint("fk_identity_provider_tenant_id_replaces_id", type_="foreignkey")
        for name in (
            "kind", "state", "private_keys", "levels", "algorithm", "options", "replaces_id", "tested_at", "fault",
            "fault_detail", "answered_at", "away_since", "asked_at",
        ):  # fmt: skip
            provider.drop_column(name)
        provider.alter_column("is_live", server_default=None, existing_type=sa.Boolean(), existing_nullable=False)


def _columns() -> None:
    with op.batch_alter_table("person") as person:
        person.add_column(sa.Column("certified_by", sa.String(), nullable=True))
    with op.batch_alter_table("identity_link") as link:
        link.add_column(sa.Column("origin", _words("linkorigin", _ORIGINS), nullable=False, server_default="hand"))
        link.add_column(sa.Column("renewable_until", _MOMENT, nullable=True))
    with op.batch_alter_table("identity_provider") as provider:
        provider.add_column(sa.Column("kind", sa.String(), nullable=False, server_default="openid"))
        state = _words("providerstate", _STATES)
        provider.add_column(sa.Column("state", state, nullable=False, server_default="submitted"))
        provider.add_column(sa.Column("private_keys", sa.String(), nullable=True))
        for name in ("levels", "algorithm", "fault", "fault_detail"):
            provider.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))
        provider.add_column(sa.Column("options", sa.JSON(), nullable=False, server_default="{}"))
        provider.add_column(sa.Column("replaces_id", _BIG, nullable=True))
        for name in ("tested_at", "answered_at", "away_since", "asked_at"):
            provider.add_column(sa.Column(name, _MOMENT, nullable=True))
        provider.create_foreign_key(
            "fk_identity_provider_tenant_id_replaces_id", "identity_provider", ["tenant_id", "replaces_id"], ["tenant_id", "id"]
        )
        provider.create_index("ix_identity_provider_tenant_id_replaces_id", ["tenant_id", "replaces_id"])
    # What was in use was proved by use; what was not is taken up where its setting up begins.
    live = sa.update(_PROVIDER).where(_PROVIDER.c.is_live == sa.true())
    op.execute(live.values(state="live", tested_at=sa.func.coalesce(_PROVIDER.c.discovered_at, sa.func.current_timestamp())))
    _without_defaults()


def _without_defaults() -> None:
    """The application says what a new row holds."""
    text = {"existing_type": sa.String(), "existing_nullable": False}
    with op.batch_alter_table("identity_link") as link:
        link.alter_column("origin", server_default=None, **text)
    with op.batch_alter_table("identity_provider") as provider:
        for name in ("kind", "state", "levels", "algorithm", "fault", "fault_detail"):
            provider.alter_column(name, server_default=None, **text)
        provider.alter_column("options", server_default=None, existing_type=sa.JSON(), existing_nullable=False)


def _tables() -> None:
    _owned(
        "identity_domain",
        sa.Column("provider_id", _BIG, nullable=False),
        sa.Column("domain", sa.String(), nullable=False),
        _link("identity_domain", "provider_id", "identity_provider"),
        sa.UniqueConstraint("tenant_id", "provider_id", "domain", name="uq_identity_domain_tenant_id_provider_id_domain"),
    )
    op.create_index("ix_identity_domain_domain", "identity_domain", ["domain"])
    _owned(
        "identity_session",
        sa.Column("link_id", _BIG, nullable=False),
        sa.Column("sign_in_id", _BIG, nullable=False),
        sa.Column("id_token", sa.String(), nullable=False),
        sa.Column("leave_hash", sa.String(), nullable=True),
        sa.Column("leave_until", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        _link("identity_session", "link_id", "identity_link"),
        sa.ForeignKeyConstraint(
            ["sign_in_id"], ["sign_in.id"], name="fk_identity_session_sign_in_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_identity_session_tenant_id_link_id", "identity_session", ["tenant_id", "link_id"])
    op.create_index("ix_identity_session_sign_in_id", "identity_session", ["sign_in_id"])
    _owned(
        "identity_state",
        sa.Column("state_hash", sa.String(), nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.UniqueConstraint("tenant_id", "state_hash", name="uq_identity_state_tenant_id_state_hash"),
    )
    op.create_index("ix_identity_state_tenant_id_expires_at", "identity_state", ["tenant_id", "expires_at"])


def _owned(name: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        name,
        sa.Column("id", _BIG, nullable=False),
        sa.Column("tenant_id", _BIG, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=f"fk_{name}_tenant_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        sa.UniqueConstraint("tenant_id", "id", name=f"uq_{name}_tenant_id_id"),
    )


def _link(table: str, column: str, to: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{to}.tenant_id", f"{to}.id"], name=f"fk_{table}_tenant_id_{column}", ondelete="CASCADE"
    )


def _words(name: str, values: tuple[str, ...]) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, length=20)


def _signpost(signature: str, found: str, *, replace: bool = False) -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        f"create {'or replace ' if replace else ''}function {signature} returns setof bigint language sql stable"
        f" security definer set search_path = public, pg_temp as '{found}'"
    )
    op.execute(f"revoke execute on function {signature} from public")
