"""What was declared in Kairos or EDOF, and where a cohort's facts are declared; receipts of what was done to places, and who funds a pool."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_WORD = sa.String(length=20)
_POOLS = ("pool_id", "former_pool_id")


def upgrade() -> None:
    op.add_column("cohort", sa.Column("portal", _WORD, nullable=True))
    own = sa.text("scheme <> ''")
    op.create_index(
        "ix_cohort_member_scheme", "cohort_member", ["tenant_id", "scheme"], sqlite_where=own, postgresql_where=own
    )
    op.create_table(
        "declaration",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("slot", _WORD, nullable=False),
        sa.Column("fact", _WORD, nullable=False),
        sa.Column("portal", _WORD, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("moment", _MOMENT, nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("rate", sa.Integer(), nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("by_id", _ID, nullable=True),
        sa.Column("reference", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_declaration_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"], ["cohort_member.tenant_id", "cohort_member.id"],
            name="fk_declaration_tenant_id_member_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_declaration"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_declaration_tenant_id_id"),
        sa.UniqueConstraint(
            "tenant_id", "member_id", "slot", name="uq_declaration_tenant_id_member_id_slot"
        ),
    )  # fmt: skip
    op.create_index("ix_declaration_tenant_id_at", "declaration", ["tenant_id", "at", "id"])
    walls.guard("declaration")
    _receipts_of_places()
    _funders()
    walls.guard("place_pool_share")


def _receipts_of_places() -> None:
    with op.batch_alter_table("enrolment_batch") as table:
        for name in ("pool_id", "former_pool_id", "transaction_id"):
            table.add_column(sa.Column(name, _ID, nullable=True))
        for name in _POOLS:
            of, to = ["tenant_id", name], ["tenant_id", "id"]
            table.create_foreign_key(f"fk_enrolment_batch_tenant_id_{name}", "place_pool", of, to)
    for name in _POOLS:
        op.create_index(f"ix_enrolment_batch_tenant_id_{name}", "enrolment_batch", ["tenant_id", name])


def _funders() -> None:
    op.create_table(
        "place_pool_share",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("pool_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_place_pool_share_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "pool_id"], ["place_pool.tenant_id", "place_pool.id"],
            name="fk_place_pool_share_tenant_id_pool_id",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"], ["person.tenant_id", "person.id"],
            name="fk_place_pool_share_tenant_id_person_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_place_pool_share"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_place_pool_share_tenant_id_id"),
        sa.UniqueConstraint(
            "tenant_id", "pool_id", "person_id", name="uq_place_pool_share_tenant_id_pool_id_person_id"
        ),
    )  # fmt: skip
    op.create_index("ix_place_pool_share_tenant_id_person_id", "place_pool_share", ["tenant_id", "person_id"])


def downgrade() -> None:
    op.drop_table("place_pool_share")
    op.execute("delete from enrolment_batch where undoes_id in (select id from enrolment_batch where kind = 'places')")
    op.execute("delete from enrolment_batch where kind = 'places'")
    for name in _POOLS:
        op.drop_index(f"ix_enrolment_batch_tenant_id_{name}", "enrolment_batch")
    with op.batch_alter_table("enrolment_batch") as table:
        for name in _POOLS:
            table.drop_constraint(f"fk_enrolment_batch_tenant_id_{name}", type_="foreignkey")
        for name in (*_POOLS, "transaction_id"):
            table.drop_column(name)
    op.drop_table("declaration")
    op.drop_index("ix_cohort_member_scheme", "cohort_member")
    op.drop_column("cohort", "portal")
