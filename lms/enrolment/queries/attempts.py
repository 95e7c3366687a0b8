"""Somebody may be on a course again: which of their attempts counts."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from lms.enrolment.models import Enrolment


def is_latest(of: Any = Enrolment) -> ColumnElement[bool]:
    """Whether no later attempt follows this one.

    ``+ 0``: a later attempt is looked for among the member's few courses, not among all who are on the course.
    """
    later = aliased(Enrolment)
    found = select(later.id).where(
        later.tenant_id == of.tenant_id,
        later.member_id == of.member_id,
        later.course_id + 0 == of.course_id,
        later.attempt > of.attempt,
    )
    return ~found.correlate(of).exists()
