"""Who teaches a cohort; the logos of organisations."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "cohort_trainer",
        sa.Column("id", _ID, nullable=False),
        sa.Column("tenant_id", _ID, nullable=False),
        sa.Column("cohort_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenant.id"], name="fk_cohort_trainer_tenant_id"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "cohort_id"],
            ["cohort.tenant_id", "cohort.id"],
            name="fk_cohort_trainer_tenant_id_cohort_id",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "person_id"],
            ["person.tenant_id", "person.id"],
            name="fk_cohort_trainer_tenant_id_person_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_cohort_trainer"),
        sa.UniqueConstraint("tenant_id", "id", name="uq_cohort_trainer_tenant_id_id"),
        sa.UniqueConstraint(
            "tenant_id", "cohort_id", "person_id", name="uq_cohort_trainer_tenant_id_cohort_id_person_id"
        ),
    )
    op.create_index("ix_cohort_trainer_tenant_id_person_id", "cohort_trainer", ["tenant_id", "person_id"])
    walls.guard("cohort_trainer")
    for name in ("own_logo", "logo"):
        op.add_column("organisation", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("organisation", sa.Column("own_logo_size", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("organisation") as table:
        table.alter_column("own_logo", existing_type=sa.String(), server_default=None)
        table.alter_column("own_logo_size", existing_type=sa.Integer(), server_default=None)
        table.alter_column("logo", existing_type=sa.String(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("organisation") as table:
        for name in ("own_logo", "own_logo_size", "logo"):
            table.drop_column(name)
    op.drop_table("cohort_trainer")
