"""Lists in their order, however long: names of members and cohorts as they are sorted, in the indexes that lists walk."""

import sqlalchemy as sa
from alembic import op

from lms.core.i18n import sort_key

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_COHORT = sa.table("cohort", sa.column("id"), sa.column("name"), sa.column("sort_name"))
_MEMBERSHIP = sa.table(
    "membership", sa.column("tenant_id"), sa.column("person_id"), sa.column("sort_name")
)
_PERSON = sa.table("person", sa.column("tenant_id"), sa.column("id"), sa.column("sort_name"))
_OLD, _NEW = "fk_membership_tenant_id_person_id", "fk_membership_tenant_id_person_id_sort_name"


def upgrade() -> None:
    op.add_column("membership", sa.Column("sort_name", sa.String(), nullable=True))
    own = sa.select(_PERSON.c.sort_name).where(
        _PERSON.c.tenant_id == _MEMBERSHIP.c.tenant_id, _PERSON.c.id == _MEMBERSHIP.c.person_id
    )
    op.execute(sa.update(_MEMBERSHIP).values(sort_name=own.scalar_subquery()))
    op.drop_index("ix_person_tenant_id_sort_name", "person")
    op.create_index("ix_person_tenant_id_sort_name", "person", ["tenant_id", "sort_name", "id"], unique=True)
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.alter_column("sort_name", existing_type=sa.String(), nullable=False)
        batch_op.drop_constraint(_OLD, type_="foreignkey")
        batch_op.create_foreign_key(
            _NEW,
            "person",
            ["tenant_id", "person_id", "sort_name"],
            ["tenant_id", "id", "sort_name"],
            onupdate="CASCADE",
        )
        batch_op.create_index(
            "ix_membership_by_name", ["tenant_id", "organisation_id", "sort_name", "person_id"], unique=False
        )
    op.add_column("cohort", sa.Column("sort_name", sa.String(), nullable=True))
    _sort_cohorts()
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.alter_column("sort_name", existing_type=sa.String(), nullable=False)
        batch_op.create_index("ix_cohort_tenant_id_sort_name", ["tenant_id", "sort_name", "id"], unique=False)
        batch_op.create_index("ix_cohort_tenant_id_due_on", ["tenant_id", "due_on", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("cohort", schema=None) as batch_op:
        batch_op.drop_index("ix_cohort_tenant_id_due_on")
        batch_op.drop_index("ix_cohort_tenant_id_sort_name")
        batch_op.drop_column("sort_name")
    with op.batch_alter_table("membership", schema=None) as batch_op:
        batch_op.drop_index("ix_membership_by_name")
        batch_op.drop_constraint(_NEW, type_="foreignkey")
        batch_op.create_foreign_key(_OLD, "person", ["tenant_id", "person_id"], ["tenant_id", "id"])
        batch_op.drop_column("sort_name")
    op.drop_index("ix_person_tenant_id_sort_name", "person")
    op.create_index("ix_person_tenant_id_sort_name", "person", ["tenant_id", "sort_name", "id"], unique=False)


def _sort_cohorts() -> None:
    """Accents are folded in Python, as no database does it like another: so many cohorts at a time."""
    change = (
        sa.update(_COHORT).where(_COHORT.c.id == sa.bindparam("which")).values(sort_name=sa.bindparam("as_"))
    )
    bind, last = op.get_bind(), 0
    while rows := bind.execute(
        sa.select(_COHORT.c.id, _COHORT.c.name).where(_COHORT.c.id > last).order_by(_COHORT.c.id).limit(5_000)
    ).all():
        bind.execute(change, [{"which": row.id, "as_": sort_key(row.name)} for row in rows])
        last = rows[-1].id
