"""When a course has other steps than before, count again for those who have not finished it."""

from sqlalchemy import select

from lms.core.events import on
from lms.courses.events import CourseChanged
from lms.enrolment.models import Enrolment
from lms.progress import figures


@on(CourseChanged)
def count_again(event: CourseChanged) -> None:
    """Whoever was completed stays so; whoever has done all that is left is completed now."""
    enrolled = select(Enrolment.id).where(
        Enrolment.tenant_id == event.tenant_id, Enrolment.course_id == event.course_id
    )
    figures.recount(event.tenant_id, enrolled)
