"""What this room holds on people: what they switched off, and who worded a message."""

from sqlalchemy import ColumnElement, and_

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.notifications.models import OptOut, Wording


class OptOuts(Holding):
    """What they do not want to be written."""

    name = "message_opt_out"
    table = OptOut
    label = lazy("Messages that I switched off")
    columns = {"topic": lazy("What"), "at": lazy("When")}

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Wordings(Holding):
    """Words of their organisation that they wrote last: the text is the organisation's, who wrote it is forgotten."""

    name = "message_wording"
    table = Wording
    label = lazy("Messages that I worded")
    columns = {"kind": lazy("What"), "language": lazy("Language"), "changed_at": lazy("When")}
    stays = ("subject", "body", "short")
    reason = lazy("The words of an organisation name nobody, and are its own.")

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return and_(Wording.tenant_id == whose.tenant_id, Wording.by_id.in_(whose.person_ids))

    def erase(self, whose: Whose) -> Erased:
        return Erased(emptied=self.empty(self.mine(whose), by_id=None))
