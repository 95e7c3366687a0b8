"""Eight states of a member instead of four, with their dates; receipts that can be undone."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_OPENED_ONLY = "state = 'in-progress' and steps_done = 0"
_BEGAN = (
    "select min(e.started_at) from enrolment e where e.tenant_id = cohort_member.tenant_id"
    " and e.member_id = cohort_member.id"
)


_OF_COHORT = "(select c.{} from cohort c where c.tenant_id = enrolment_batch.tenant_id and c.id = cohort_id)"
_POINTERS = (("organisation_id", "organisation"), ("undoes_id", "enrolment_batch"))


def upgrade() -> None:
    _states()
    _receipts()
    _traces()
    walls.guard("enrolment_trace")


def downgrade() -> None:
    op.drop_table("enrolment_trace")
    _plain_batches()
    _four_states()


def _receipts() -> None:
    columns = (("organisation_id", _ID), ("undoes_id", _ID), ("undone_at", _MOMENT))
    for name, kind in columns:
        op.add_column("enrolment_batch", sa.Column(name, kind, nullable=True))
    op.add_column("enrolment_batch", sa.Column("cohort_name", sa.String(), nullable=False, server_default=""))
    for name, said in (("organisation_id", "organisation_id"), ("cohort_name", "name")):
        op.execute(f"update enrolment_batch set {name} = {_OF_COHORT.format(said)}")
    with op.batch_alter_table("enrolment_batch") as table:
        table.alter_column("organisation_id", existing_type=_ID, nullable=False)
        table.alter_column("cohort_id", existing_type=_ID, nullable=True)
        for name, target in _POINTERS:
            of, to = ["tenant_id", name], ["tenant_id", "id"]
            table.create_foreign_key(f"fk_enrolment_batch_tenant_id_{name}", target, of, to)
    index = ["tenant_id", "organisation_id", "id"]
    op.create_index("ix_enrolment_batch_tenant_id_organisation_id", "enrolment_batch", index)
    op.create_index("ix_enrolment_batch_tenant_id_undoes_id", "enrolment_batch", ["tenant_id", "undoes_id"])


def _traces() -> None:
    op.create_table(
        "enrolment_trace",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("row_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=True),
        sa.Column("before", sa.String(), nullable=True),
        sa.Column("after", sa.String(), nullable=True),
        sa.Column("is_undone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_enrolment_trace_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"], ["enrolment_batch.tenant_id", "enrolment_batch.id"],
            name="fk_enrolment_trace_tenant_id_batch_id", ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_enrolment_trace"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_enrolment_trace_tenant_id_id"),
        sa.UniqueConstraint(
            "tenant_id", "batch_id", "kind", "row_id", name="uq_enrolment_trace_tenant_id_batch_id_kind_row_id"
        ),
    )  # fmt: skip
    op.create_index("ix_enrolment_trace_person_id", "enrolment_trace", ["tenant_id", "person_id", "batch_id"])


def _plain_batches() -> None:
    """Receipts of an undo, and of cohorts that are gone, cannot be told by the old table."""
    op.execute("delete from enrolment_batch where kind = 'undo' or cohort_id is null")
    for name in ("undoes_id", "organisation_id"):
        op.drop_index(f"ix_enrolment_batch_tenant_id_{name}", "enrolment_batch")
    with op.batch_alter_table("enrolment_batch") as table:
        for name, _target in _POINTERS:
            table.drop_constraint(f"fk_enrolment_batch_tenant_id_{name}", type_="foreignkey")
        table.alter_column("cohort_id", existing_type=_ID, nullable=False)
        for name in ("cohort_name", "undone_at", "undoes_id", "organisation_id"):
            table.drop_column(name)


def _states() -> None:
    for name in ("convoked_at", "entered_at", "suspended_at"):
        op.add_column("cohort_member", sa.Column(name, _MOMENT, nullable=True))
    op.add_column("enrolment", sa.Column("suspended_at", _MOMENT, nullable=True))
    op.add_column("enrolment_batch", sa.Column("deed", sa.String(), nullable=False, server_default=""))
    op.execute(f"update cohort_member set entered_at = ({_BEGAN})")
    op.execute("update cohort_member set state = 'abandoned' where state = 'withdrawn'")
    op.execute(f"update cohort_member set state = 'entered' where {_OPENED_ONLY}")
    op.execute("update enrolment_batch set deed = 'abandon' where kind = 'withdrawal'")


def _four_states() -> None:
    """The nearest of the four: who is suspended goes on, who never came has left."""
    for old, new in (("withdrawn", "'abandoned', 'not-entered'"), ("registered", "'convoked'")):
        op.execute(f"update cohort_member set state = '{old}' where state in ({new})")
    op.execute("update cohort_member set state = 'in-progress' where state in ('entered', 'suspended')")
    op.execute("update cohort_member set withdrawal_reason = 'other' where withdrawal_reason = 'not-entered'")
    op.execute("update enrolment_batch set kind = 'by-hand' where kind = 'state'")
    op.drop_column("enrolment_batch", "deed")
    op.drop_column("enrolment", "suspended_at")
    for name in ("suspended_at", "entered_at", "convoked_at"):
        op.drop_column("cohort_member", name)
