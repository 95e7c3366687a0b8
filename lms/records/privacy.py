"""What this room holds on people: what they asked about their data."""

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.records.models import DataRequest, RequestState


class DataRequests(Holding):
    """What they asked, and what was answered. That it was asked and answered stays, without a word of it."""

    name = "data_request"
    table = DataRequest
    label = lazy("What I asked about my data")
    columns = {
        "kind": lazy("What"),
        "wish": lazy("What I wrote"),
        "asked_at": lazy("When"),
        "due_on": lazy("To be answered by"),
        "state": lazy("State"),
        "answer": lazy("Answer"),
        "answered_at": lazy("Answered"),
    }
    reason = lazy("That a request was made and answered in time is kept, without what was written.")

    def erase(self, whose: Whose) -> Erased:
        self.empty(self.mine(whose), wish="", answer="")
        is_open = DataRequest.state == RequestState.OPEN
        self.empty(self.mine(whose), is_open, state=RequestState.DONE)  # the erasure is the last answer
        return Erased(emptied=self.count(self.mine(whose)))
