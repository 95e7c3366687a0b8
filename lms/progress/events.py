"""What this room announces."""

from dataclasses import dataclass

from lms.core.events import Event


@dataclass(frozen=True, slots=True)
class CoursesCompleted(Event):
    """Enrolments reached their last step; one is a set of one."""

    tenant_id: int
    enrolment_ids: tuple[int, ...]
