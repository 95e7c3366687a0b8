"""Files of people: how they are written, what their columns are, and what the last one said of each member."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MODES = ("changes", "add", "update", "replace")
_TEXTS = (
    *("email", "phone", "postcode", "agency_identifier", "hr_number", "situation", "session_number", "action_number"),
    *("funder", "scheme", "agency", "adviser", "siret"),
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


def upgrade() -> None:
    mode = sa.Enum(*_MODES, name="importmode", native_enum=False, length=20)
    op.add_column("cohort", sa.Column("session_number", sa.String(), nullable=True))
    op.add_column("cohort", sa.Column("action_number", sa.String(), nullable=True))
    op.add_column("enrolment_import", sa.Column("mode", mode, nullable=False, server_default="changes"))
    op.add_column("enrolment_import_row", sa.Column("fingerprint", _ID, nullable=True))
    kept = sa.Column("keeps_name", sa.Boolean(), nullable=False, server_default=sa.false())
    op.add_column("enrolment_import_row", kept)
    _owned(
        "enrolment_columns",
        sa.Column("organisation_id", _ID, nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "organisation_id"],
            ["organisation.tenant_id", "organisation.id"],
            name="fk_enrolment_columns_tenant_id_organisation_id",
        ),
        sa.UniqueConstraint(
            *("tenant_id", "organisation_id", "signature"),
            name="uq_enrolment_columns_tenant_id_organisation_id_signature",
        ),
    )
    _last_said("enrolment_last_said")
    walls.guard("enrolment_columns", "enrolment_last_said")


def _last_said(table: str) -> None:
    _owned(
        table,
        sa.Column("member_id", _ID, nullable=False),
        sa.Column("batch_id", _ID, nullable=False),
        sa.Column("fingerprint", _ID, nullable=True),
        sa.Column("last_name", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=True) for name in _TEXTS),
        *(sa.Column(name, sa.Date(), nullable=True) for name in ("birth_date", "enters_on", "leaves_on")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "member_id"],
            ["cohort_member.tenant_id", "cohort_member.id"],
            name=f"fk_{table}_tenant_id_member_id",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "tenant_id", "member_id", "batch_id", name=f"uq_{table}_tenant_id_member_id_batch_id"
        ),
    )
    op.create_index(f"ix_{table}_tenant_id_batch_id", table, ["tenant_id", "batch_id"])


def downgrade() -> None:
    op.drop_table("enrolment_last_said")
    op.drop_table("enrolment_columns")
    for table, names in (
        ("enrolment_import_row", ("keeps_name", "fingerprint")),
        ("enrolment_import", ("mode",)),
        ("cohort", ("action_number", "session_number")),
    ):
        for name in names:
            op.drop_column(table, name)
