"""Courses that open later, deadlines by rule or of one's own, and why an earlier attempt was left."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_COURSE = (("due_on", sa.Date()), ("due_days", sa.Integer()), ("opens_on", sa.Date()))


def upgrade() -> None:
    op.add_column(
        "cohort_course", sa.Column("due_rule", sa.String(length=20), nullable=False, server_default="cohort")
    )
    for name, kind in _COURSE:
        op.add_column("cohort_course", sa.Column(name, kind, nullable=True))
    op.add_column("enrolment", sa.Column("opens_on", sa.Date(), nullable=True))
    for name in ("due_reason", "withdrawal_reason"):
        op.add_column("enrolment", sa.Column(name, sa.String(), nullable=True))


def downgrade() -> None:
    """The new kinds of receipts become the nearest old ones."""
    op.execute("update enrolment_batch set kind = 'by-hand' where kind in ('assignment', 'deadline')")
    for name in ("withdrawal_reason", "due_reason", "opens_on"):
        op.drop_column("enrolment", name)
    for name in ("opens_on", "due_days", "due_on", "due_rule"):
        op.drop_column("cohort_course", name)
