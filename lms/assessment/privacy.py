"""What this room holds on people: their tries at tests."""

from sqlalchemy import ColumnElement, and_, select

from lms.assessment.models import Attempt
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.enrolment.models import Enrolment


class Attempts(Holding):
    """Their tries. Answers go; that a test was taken, and its mark, stay with the evidence."""

    name = "attempt"
    table = Attempt
    label = lazy("My tests")
    columns = {
        "activity_id": lazy("Step (its number)"),
        "number": lazy("Try"),
        "started_at": lazy("Begun"),
        "finished_at": lazy("Finished"),
        "answers": lazy("My answers"),
        "score": lazy("Mark"),
        "is_passed": lazy("Passed"),
    }
    stays = ("questions",)
    reason = lazy(
        "Questions and mark, without a name and without the answers, bear out that a test was taken."
    )

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = select(Enrolment.id).where(
            Enrolment.tenant_id == whose.tenant_id, Enrolment.person_id.in_(whose.person_ids)
        )
        return and_(Attempt.tenant_id == whose.tenant_id, Attempt.enrolment_id.in_(theirs))

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), answers={}))
