"""What this room holds on people: mandates that they gave, or hold."""

from sqlalchemy import ColumnElement, and_, or_

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.mandates import services
from lms.mandates.models import Mandate


class Mandates(Holding):
    """Who acts for them, or for whom they act. Numbers and dates alone: they bear out in whose name something was done."""

    name = "mandate"
    table = Mandate
    label = lazy("Mandates")
    columns = {
        "person_id": lazy("Given by (a number)"),
        "holder_id": lazy("Held by (a number)"),
        "scopes": lazy("What it is for"),
        "days": lazy("Days"),
        "made_at": lazy("Drawn up"),
        "signed_at": lazy("Signed"),
        "ends_at": lazy("Until"),
        "ended_at": lazy("Withdrawn or given back"),
    }
    stays = ("scopes", "form")
    reason = lazy(
        "A mandate holds numbers and dates, no names. It is ended at once, and kept for at most 12 months."
    )

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs = or_(Mandate.person_id.in_(whose.person_ids), Mandate.holder_id.in_(whose.person_ids))
        return and_(Mandate.tenant_id == whose.tenant_id, theirs)

    def erase(self, whose: Whose) -> Erased:
        services.end_all_of(whose.tenant_id, whose.person_ids)
        return Erased(kept=self.count(self.mine(whose)))
