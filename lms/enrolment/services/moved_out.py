"""Whom people move from a cohort to another one: the rule of the first does not bring them back."""

from collections.abc import Sequence

from sqlalchemy import literal, select

from lms.core.clock import Instant, now
from lms.core.db import insert_new
from lms.enrolment.models import Batch, Cohort, Member, MovedOut


def keep_out(cohort: Cohort, member_ids: Sequence[int], batch: Batch) -> None:
    """These members, who are still in the cohort, are about to leave it for another one, by this receipt."""
    rows = select(
        literal(cohort.tenant_id),
        literal(cohort.id),
        Member.person_id,
        literal(batch.id),
        literal(now(), Instant()),
    ).where(Member.tenant_id == cohort.tenant_id, Member.id.in_(member_ids))
    insert_new(MovedOut, ["tenant_id", "cohort_id", "person_id", "batch_id", "at"], rows)
