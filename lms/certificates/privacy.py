"""What this room holds on people: their certificates. The public register has initials only, and goes on answering."""

from sqlalchemy import and_, select

from lms.certificates import retention
from lms.certificates.models import Certificate
from lms.core.clock import today
from lms.core.db import session
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.enrolment.models import Enrolment


class Certificates(Holding):
    """Frozen evidence: set aside, out of everybody's sight but the administrators', until the law lets it go."""

    name = "certificate"
    table = Certificate
    label = lazy("My certificates")
    columns = {
        "number": lazy("Number"),
        "code": lazy("Code"),
        "issued_at": lazy("Issued"),
        "state": lazy("State"),
        "facts": lazy("What it states"),
        "ended_at": lazy("Ended"),
        "reason": lazy("Reason"),
    }
    stays = ("number", "code", "facts", "reason", "pdf_sha256")
    reason = lazy(
        "The law wants evidence of a training kept 6 years: the certificate is set aside, and goes after that day."
    )

    def erase(self, whose: Whose) -> Erased:
        """Set aside what is still owed to the law, and let go what is not."""
        of_course = and_(
            Enrolment.tenant_id == Certificate.tenant_id, Enrolment.id == Certificate.enrolment_id
        )
        found = select(Certificate.id, Certificate.issued_at, Enrolment.completed_at).join(
            Enrolment, of_course
        )
        rows = session.execute(found.where(self.mine(whose))).all()
        until = {row.id: retention.kept_until(row.completed_at or row.issued_at) for row in rows}
        retention.set_aside(until)
        gone = until.keys() & set(retention.let_go(whose.tenant_id, today(), until))
        kept = [day for one, day in until.items() if one not in gone]
        return Erased(deleted=len(gone), kept=len(kept), until=max(kept, default=None))
