"""What is handed over of this room's tables when two persons become one."""

from lms.certificates.models import Certificate
from lms.core.handover import Handover
from lms.core.i18n import lazy


class Certificates(Handover):
    """Certificates: what they say stays as it was that day."""

    name = "certificate.person"
    table = Certificate
    label = lazy("Certificates")
