"""Who sees a course besides the staff: one file in a higher room's ``sights/``, found by a folder scan."""

from typing import ClassVar

from lms.core.db import AnySelect
from lms.core.kinds import Kind
from lms.organisations.actor import Actor


class CourseSight(Kind):
    """A family of reasons to see the files of a course, such as being enrolled on it."""

    name: ClassVar[str] = ""

    def courses(self, actor: Actor) -> AnySelect:
        """Ids of the courses that the actor sees for this reason, as a statement to filter by."""
        raise NotImplementedError
