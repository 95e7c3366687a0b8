"""The tree is cut back and grafted, people are merged and suspended: since when, and into which other row.

Organisations also get their switches and how long they keep files.
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_INDEX = "ix_{0}_tenant_id_merged_into_id"


def upgrade() -> None:
    for table, column in (("organisation", "archived_at"), ("person", "suspended_at")):
        with op.batch_alter_table(table) as change:
            change.add_column(sa.Column(column, sa.DateTime(timezone=True), nullable=True))
            change.add_column(sa.Column("merged_into_id", _ID, nullable=True))
            change.create_foreign_key(
                f"fk_{table}_tenant_id_merged_into_id",
                table,
                ["tenant_id", "merged_into_id"],
                ["tenant_id", "id"],
            )
            change.create_index(_INDEX.format(table), ["tenant_id", "merged_into_id"])
    with op.batch_alter_table("organisation") as change:
        change.add_column(sa.Column("features", sa.JSON(), nullable=False, server_default="[]"))
        change.add_column(sa.Column("keep_days", sa.JSON(), nullable=False, server_default="{}"))
    with op.batch_alter_table("organisation") as change:
        change.alter_column("features", existing_type=sa.JSON(), server_default=None)
        change.alter_column("keep_days", existing_type=sa.JSON(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("organisation") as change:
        change.drop_column("keep_days")
        change.drop_column("features")
    for table, column in (("person", "suspended_at"), ("organisation", "archived_at")):
        with op.batch_alter_table(table) as change:
            change.drop_index(_INDEX.format(table))
            change.drop_constraint(f"fk_{table}_tenant_id_merged_into_id", type_="foreignkey")
            change.drop_column("merged_into_id")
            change.drop_column(column)
