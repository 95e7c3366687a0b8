"""What is handed over of this room's tables when two organisations become one."""

from lms.core.handover import Handover
from lms.core.i18n import lazy
from lms.courses.models import Course


class Courses(Handover):
    """The courses of an organisation."""

    name = "course.organisation"
    table = Course
    label = lazy("Courses")
