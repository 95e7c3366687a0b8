"""A learner's path is found and in order by one index, statistics or none."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_INDEX = "ix_enrolment_tenant_id_person_id"


def upgrade() -> None:
    op.drop_index(_INDEX, "enrolment")
    op.create_index(_INDEX, "enrolment", ["tenant_id", "person_id", "member_id", "position"])


def downgrade() -> None:
    op.drop_index(_INDEX, "enrolment")
    op.create_index(_INDEX, "enrolment", ["tenant_id", "person_id", "position"])
