"""Identity systems say who works where: their tokens, and what they said of users, groups and members."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_SIGNPOST = (
    "create function tenants_of_scim_token(text) returns setof bigint language sql stable security definer"
    " set search_path = public, pg_temp as 'select tenant_id from scim_token where token_hash = $1'"
)


def _owned(table: str, *more: sa.schema.SchemaItem) -> None:
    op.create_table(
        table,
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        *more,
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name=f"fk_{table}_tenant_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
        sa.UniqueConstraint("tenant_id", "id", name=f"uq_{table}_tenant_id_id"),
    )


def _link(table: str, column: str, target: str, **options: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], name=f"fk_{table}_tenant_id_{column}", **options
    )


def upgrade() -> None:
    _tokens()
    _resources()
    _owned(
        "scim_member",
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("resource_id", _ID, nullable=False),
        sa.Column("display", sa.String(), nullable=True),
        _link("scim_member", "group_id", "scim_resource", ondelete="CASCADE"),
        _link("scim_member", "resource_id", "scim_resource", ondelete="CASCADE"),
        sa.UniqueConstraint(
            "tenant_id", "group_id", "resource_id", name="uq_scim_member_tenant_id_group_id_resource_id"
        ),
    )
    op.create_index("ix_scim_member_tenant_id_resource_id", "scim_member", ["tenant_id", "resource_id"])
    walls.guard("scim_token", "scim_resource", "scim_member")
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_SIGNPOST)
        op.execute("revoke execute on function tenants_of_scim_token(text) from public")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function tenants_of_scim_token(text)")
    for table in ("scim_member", "scim_resource", "scim_token"):
        op.drop_table(table)


def _tokens() -> None:
    _owned(
        "scim_token",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("token_hash", sa.String(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("last_used_at", _MOMENT, nullable=True),
        sa.Column("revoked_at", _MOMENT, nullable=True),
        _link("scim_token", "organisation_id", "organisation"),
        sa.UniqueConstraint("token_hash", name="uq_scim_token_token_hash"),
    )
    op.create_index("ix_scim_token_tenant_id_organisation_id", "scim_token", ["tenant_id", "organisation_id"])


def _resources() -> None:
    table, place = "scim_resource", ("tenant_id", "organisation_id")
    _owned(
        table,
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("scim_id", sa.String(), nullable=False),
        sa.Column("user_key", sa.String(), nullable=True),
        sa.Column("display_key", sa.String(), nullable=True),
        sa.Column("external_id", sa.String(), nullable=True),
        sa.Column("document", sa.JSON(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.Column("person_id", _ID, nullable=True),
        sa.Column("cohort_id", _ID, nullable=True),
        sa.Column("gone_at", _MOMENT, nullable=True),
        _link(table, "organisation_id", "organisation"),
        _link(table, "person_id", "person"),
        _link(table, "cohort_id", "cohort"),
        sa.UniqueConstraint(*place, "scim_id", name="uq_scim_resource_tenant_id_organisation_id_scim_id"),
        sa.UniqueConstraint(*place, "user_key", name="uq_scim_resource_tenant_id_organisation_id_user_key"),
    )
    for name, columns in (
        ("in_order", (*place, "kind", "id")),
        ("by_external_id", (*place, "external_id")),
        ("by_display_name", (*place, "display_key")),
        ("tenant_id_person_id", ("tenant_id", "person_id")),
        ("tenant_id_cohort_id", ("tenant_id", "cohort_id")),
    ):
        op.create_index(f"ix_scim_resource_{name}", table, list(columns))
