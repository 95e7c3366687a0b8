"""What this room holds on people: their tries at tests."""

from lms.assessment.models import Attempt
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.enrolment.privacy import OfEnrolment


class Attempts(OfEnrolment, Holding):
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

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), answers={}))
