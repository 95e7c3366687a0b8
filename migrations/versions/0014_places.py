"""The double-entry ledger; pools of places and credits, and who takes what of them."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
#: Whose account it is: at most one of a kind is open for each.
_OWNERS = (
    ("of_organisation", "organisation_id is not null", ("organisation_id",)),
    ("of_person", "person_id is not null", ("person_id",)),
    ("of_book", "organisation_id is null and person_id is null", ()),
)
_KEPT = ("ledger_transaction", "ledger_movement")


def upgrade() -> None:
    _make_books()
    _make_movements()
    _make_pools()
    with op.batch_alter_table("cohort") as cohort:
        cohort.add_column(sa.Column("pool_id", _ID, nullable=True))
        cohort.create_foreign_key(
            "fk_cohort_tenant_id_pool_id", "place_pool", ["tenant_id", "pool_id"], ["tenant_id", "id"]
        )
    op.create_index("ix_cohort_tenant_id_pool_id", "cohort", ["tenant_id", "pool_id"])
    walls.guard("ledger_book", "ledger_account", "ledger_transaction", "ledger_movement", "place_pool", "cohort_place")
    for table in _KEPT:
        for deed in ("update", "delete"):
            _stand(table, deed)


def downgrade() -> None:
    op.drop_index("ix_cohort_tenant_id_pool_id", "cohort")
    with op.batch_alter_table("cohort") as cohort:
        cohort.drop_constraint("fk_cohort_tenant_id_pool_id", type_="foreignkey")
        cohort.drop_column("pool_id")
    for table in ("cohort_place", "place_pool", "ledger_movement", "ledger_transaction", "ledger_account", "ledger_book"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "postgresql":
        for table in _KEPT:
            for deed in ("update", "delete"):
                op.execute(f"drop function {table}_{deed}_refused()")


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


def _link(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column], [f"{target}.tenant_id", f"{target}.id"], name=f"fk_{table}_tenant_id_{column}"
    )


def _of_book(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "book_id", column],
        [f"{target}.tenant_id", f"{target}.book_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_book_id_{column}",
    )


def _make_books() -> None:
    _owned(
        "ledger_book",
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("opened_at", _MOMENT, nullable=False),
    )
    table = "ledger_account"
    _owned(
        table,
        sa.Column("book_id", _ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("organisation_id", _ID, nullable=True),
        sa.Column("person_id", _ID, nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("floor", sa.BigInteger(), nullable=True),
        sa.Column("opened_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        _link(table, "book_id", "ledger_book"),
        _link(table, "organisation_id", "organisation"),
        _link(table, "person_id", "person"),
        sa.UniqueConstraint("tenant_id", "book_id", "id", name="uq_ledger_account_tenant_id_book_id_id"),
        sa.CheckConstraint("floor is null or balance >= floor", name=op.f("ck_ledger_account_floor")),
        sa.CheckConstraint("organisation_id is null or person_id is null", name=op.f("ck_ledger_account_owner")),
    )
    for column in ("organisation_id", "person_id"):
        op.create_index(f"ix_ledger_account_tenant_id_{column}", table, ["tenant_id", column])
    for name, rule, columns in _OWNERS:
        where = sa.text(f"closed_at is null and {rule}")
        op.create_index(
            f"ix_ledger_account_{name}", table, ["tenant_id", "book_id", "kind", *columns], unique=True,
            postgresql_where=where, sqlite_where=where,
        )  # fmt: skip


def _make_movements() -> None:
    table = "ledger_transaction"
    _owned(
        table,
        sa.Column("book_id", _ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("once_key", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("by_id", _ID, nullable=True),
        sa.Column("at", _MOMENT, nullable=False),
        _link(table, "book_id", "ledger_book"),
        sa.UniqueConstraint("tenant_id", "book_id", "id", name="uq_ledger_transaction_tenant_id_book_id_id"),
        sa.UniqueConstraint("tenant_id", "once_key", name="uq_ledger_transaction_tenant_id_once_key"),
    )
    table = "ledger_movement"
    _owned(
        table,
        sa.Column("book_id", _ID, nullable=False),
        sa.Column("transaction_id", _ID, nullable=False),
        sa.Column("from_id", _ID, nullable=False),
        sa.Column("to_id", _ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        _of_book(table, "transaction_id", "ledger_transaction"),
        _of_book(table, "from_id", "ledger_account"),
        _of_book(table, "to_id", "ledger_account"),
        sa.CheckConstraint("amount > 0", name=op.f("ck_ledger_movement_amount")),
        sa.CheckConstraint("from_id <> to_id", name=op.f("ck_ledger_movement_ends")),
    )
    for name, column in (("transaction", "transaction_id"), ("from", "from_id"), ("to", "to_id")):
        op.create_index(f"ix_ledger_movement_{name}", table, ["tenant_id", "book_id", column])


def _make_pools() -> None:
    table = "place_pool"
    _owned(
        table,
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("book_id", _ID, nullable=False),
        sa.Column("unit", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("sort_name", sa.String(), nullable=False),
        sa.Column("funder", sa.String(), nullable=False),
        sa.Column("course_id", _ID, nullable=True),
        sa.Column("curriculum_id", _ID, nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("price", sa.BigInteger(), nullable=False),
        sa.Column("frozen_at", _MOMENT, nullable=True),
        sa.Column("renews_id", _ID, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        _link(table, "organisation_id", "organisation"),
        _link(table, "book_id", "ledger_book"),
        _link(table, "course_id", "course"),
        _link(table, "curriculum_id", "curriculum"),
        _link(table, "renews_id", "place_pool"),
        sa.UniqueConstraint("tenant_id", "renews_id", name="uq_place_pool_tenant_id_renews_id"),
        sa.UniqueConstraint("tenant_id", "book_id", name="uq_place_pool_tenant_id_book_id"),
        sa.CheckConstraint("price > 0", name=op.f("ck_place_pool_price")),
        sa.CheckConstraint("ends_on is null or ends_on >= starts_on", name=op.f("ck_place_pool_days")),
    )
    for column in ("organisation_id", "course_id", "curriculum_id"):
        op.create_index(f"ix_place_pool_tenant_id_{column}", table, ["tenant_id", column])
    op.create_index("ix_place_pool_tenant_id_sort_name", table, ["tenant_id", "sort_name", "id"])
    table = "cohort_place"
    _owned(
        table,
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("pool_id", _ID, nullable=False),
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("taken_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        _link(table, "member_id", "cohort_member"),
        _link(table, "pool_id", "place_pool"),
        _link(table, "organisation_id", "organisation"),
        sa.UniqueConstraint("tenant_id", "member_id", name="uq_cohort_place_tenant_id_member_id"),
    )
    op.create_index("ix_cohort_place_part", table, ["tenant_id", "pool_id", "organisation_id"])
    op.create_index("ix_cohort_place_tenant_id_organisation_id", table, ["tenant_id", "organisation_id"])


def _stand(table: str, deed: str) -> None:
    """What was written in a book is never changed nor taken out; each database says so in its own way."""
    name, words = f"{table}_{deed}", f"{table}: what was written stays"
    if op.get_bind().dialect.name != "postgresql":
        op.execute(f"create trigger {name} before {deed} on {table} begin select raise(abort, '{words}'); end")
        return
    op.execute(
        f"create function {name}_refused() returns trigger language plpgsql as"
        f" $$ begin raise exception '{words}'; end $$"
    )
    op.execute(f"create trigger {name} before {deed} on {table} for each row execute function {name}_refused()")
