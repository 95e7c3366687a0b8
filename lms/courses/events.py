"""What this room announces."""

from dataclasses import dataclass

from lms.core.events import Event


@dataclass(frozen=True, slots=True)
class CourseChanged(Event):
    """A course has other steps than before: whoever keeps totals of it counts again."""

    tenant_id: int
    course_id: int
    #: Mandatory steps now.
    steps: int
