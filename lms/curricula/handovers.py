"""What is handed over of this room's tables when two organisations become one."""

from lms.core.handover import Handover
from lms.core.i18n import lazy
from lms.curricula.models import Curriculum


class Curricula(Handover):
    """The curricula of an organisation."""

    name = "curriculum.organisation"
    table = Curriculum
    label = lazy("Curricula")
