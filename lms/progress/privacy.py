"""What this room holds on people: how far they are in each step, and the ledger that bears it out."""

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.enrolment.privacy import OfEnrolment
from lms.progress.models import LearningEvent, Standing


class Standings(OfEnrolment, Holding):
    """How far they are. Drafts go, figures stay."""

    name = "standing"
    table = Standing
    label = lazy("Where I am in each step")
    columns = {
        "activity_id": lazy("Step (its number)"),
        "state": lazy("What I typed"),
        "score": lazy("Mark"),
        "seconds": lazy("Seconds measured"),
        "started_at": lazy("Begun"),
        "last_at": lazy("Last time"),
        "done_at": lazy("Done"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), state={}))


class LearningEvents(OfEnrolment, Holding):
    """The chain of facts. It holds nothing that anybody typed, and changing a row of it would break what it proves."""

    name = "learning_event"
    table = LearningEvent
    label = lazy("What I did, step by step")
    columns = {
        "at": lazy("When"),
        "verb": lazy("What"),
        "activity_id": lazy("Step (its number)"),
        "seconds": lazy("Seconds measured"),
        "details": lazy("Details"),
    }
    stays = ("details", "hash")
    reason = lazy(
        "The chain of events holds figures, no names, and proves that the training took place: 6 years, 10 with European funds."
    )

    def erase(self, whose: Whose) -> Erased:
        return Erased(kept=self.count(self.mine(whose)))
