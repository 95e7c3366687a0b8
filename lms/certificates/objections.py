"""Whoever holds a certificate stays: what was given out can be checked by anybody, and is never taken back in silence."""

from sqlalchemy import and_, select

from lms.certificates.models import Certificate
from lms.core.db import AnySelect
from lms.core.i18n import lazy
from lms.enrolment.models import Enrolment
from lms.enrolment.queries.receipts import made_courses
from lms.enrolment.undoing import Undoing, UndoObjection


class HoldsCertificate(UndoObjection):
    """A certificate was issued for a course that the batch put them on."""

    name = "certificate"
    label = lazy("hold a certificate")
    remedy = lazy("They stay as they are. Revoke the certificate first if it was given by mistake.")
    is_final = True

    def persons(self, batch: Undoing) -> AnySelect:
        own = and_(Certificate.tenant_id == Enrolment.tenant_id, Certificate.enrolment_id == Enrolment.id)
        return select(Enrolment.person_id).join(Certificate, own).where(*made_courses(batch))
