"""Ways into a cohort for those who enrol themselves, their wishes, and how many people a cohort takes."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    with op.batch_alter_table("cohort") as cohort:
        cohort.add_column(sa.Column("seats", sa.Integer(), nullable=True))
        cohort.create_check_constraint(op.f("ck_cohort_seats"), "seats is null or seats > 0")
    _make_ways()
    _make_wishes()
    walls.guard("cohort_way", "cohort_wish")


def downgrade() -> None:
    op.drop_table("cohort_wish")
    op.drop_table("cohort_way")
    with op.batch_alter_table("cohort") as cohort:
        cohort.drop_constraint(op.f("ck_cohort_seats"), type_="check")
        cohort.drop_column("seats")


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


def _link(table: str, column: str, target: str, ondelete: str | None = None) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", column],
        [f"{target}.tenant_id", f"{target}.id"],
        name=f"fk_{table}_tenant_id_{column}",
        ondelete=ondelete,
    )


def _make_ways() -> None:
    table = "cohort_way"
    _owned(
        table,
        sa.Column("cohort_id", _ID, nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("code_hash", sa.String(), nullable=False),
        sa.Column("sealed_code", sa.String(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        _link(table, "cohort_id", "cohort", "CASCADE"),
        sa.UniqueConstraint("code_hash", name="uq_cohort_way_code_hash"),
        sa.CheckConstraint("most is null or used <= most", name=op.f("ck_cohort_way_most")),
    )
    op.create_index("ix_cohort_way_tenant_id_cohort_id", table, ["tenant_id", "cohort_id"])


def _make_wishes() -> None:
    table = "cohort_wish"
    _owned(
        table,
        sa.Column("cohort_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("way_id", _ID, nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("queued_at", _MOMENT, nullable=True),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("decided_at", _MOMENT, nullable=True),
        _link(table, "cohort_id", "cohort", "CASCADE"),
        _link(table, "person_id", "person"),
        _link(table, "way_id", "cohort_way"),
        sa.UniqueConstraint(
            "tenant_id", "cohort_id", "person_id", name="uq_cohort_wish_tenant_id_cohort_id_person_id"
        ),
    )
    op.create_index("ix_cohort_wish_queue", table, ["tenant_id", "cohort_id", "state", "queued_at", "id"])
    for column in ("person_id", "way_id"):
        op.create_index(f"ix_cohort_wish_tenant_id_{column}", table, ["tenant_id", column])
