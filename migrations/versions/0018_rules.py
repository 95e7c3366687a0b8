"""Rules of cohorts: conditions under which people enter and leave, and whom people moved elsewhere."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_LINKS = {
    "organisation_id": "organisation",
    "person_id": "person",
    "course_id": "course",
    "cohort_id": "cohort",
}


def upgrade() -> None:
    _make_rules()
    _make_conditions()
    table = "cohort_moved_out"
    _owned(
        table,
        sa.Column("cohort_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _link(table, "cohort_id", "cohort", ondelete="CASCADE"),
        _link(table, "person_id", "person"),
        sa.UniqueConstraint(
            "tenant_id", "cohort_id", "person_id", name="uq_cohort_moved_out_tenant_id_cohort_id_person_id"
        ),
    )
    for column in ("person_id", "batch_id"):
        op.create_index(f"ix_cohort_moved_out_tenant_id_{column}", table, ["tenant_id", column])
    walls.guard("cohort_rule", "cohort_rule_condition", "cohort_moved_out")


def downgrade() -> None:
    for table in ("cohort_moved_out", "cohort_rule_condition", "cohort_rule"):
        op.drop_table(table)


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


def _make_rules() -> None:
    table = "cohort_rule"
    _owned(
        table,
        sa.Column("cohort_id", _ID, nullable=False),
        sa.Column("joins", sa.String(length=20), nullable=False),
        sa.Column("removes", sa.Boolean(), nullable=False),
        sa.Column("removes_begun", sa.Boolean(), nullable=False),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("organisation_id", _ID, nullable=True),
        sa.Column("on_since", _MOMENT, nullable=True),
        sa.Column("ran_at", _MOMENT, nullable=True),
        sa.Column("entered", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("refusal", sa.String(), nullable=False),
        sa.Column("undone_at", _MOMENT, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        _link(table, "cohort_id", "cohort", ondelete="CASCADE"),
        _link(table, "owner_id", "person"),
        _link(table, "organisation_id", "organisation"),
        sa.UniqueConstraint("tenant_id", "cohort_id", name="uq_cohort_rule_tenant_id_cohort_id"),
    )
    for column in ("owner_id", "organisation_id"):
        op.create_index(f"ix_cohort_rule_tenant_id_{column}", table, ["tenant_id", column])


def _make_conditions() -> None:
    table = "cohort_rule_condition"
    _owned(
        table,
        sa.Column("rule_id", _ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("is_not", sa.Boolean(), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        *(sa.Column(column, _ID, nullable=True) for column in _LINKS),
        _link(table, "rule_id", "cohort_rule", ondelete="CASCADE"),
        *(_link(table, column, target) for column, target in _LINKS.items()),
    )
    op.create_index("ix_cohort_rule_condition_tenant_id_rule_id", table, ["tenant_id", "rule_id", "id"])
    for column in _LINKS:
        op.create_index(f"ix_cohort_rule_condition_tenant_id_{column}", table, ["tenant_id", column])
