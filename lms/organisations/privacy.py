"""What this room holds on people: what they are, where, and who follows whom."""

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.organisations.models import Membership


class Memberships(Holding):
    """What they are, and where. Those whom they followed are followed by nobody until somebody says by whom."""

    name = "membership"
    table = Membership
    label = lazy("What I am, and where")
    columns = {
        "role": lazy("Role"),
        "organisation_id": lazy("Organisation (its number)"),
        "created_at": lazy("Since"),
        "ends_at": lazy("Until"),
    }

    def erase(self, whose: Whose) -> Erased:
        followed = Membership.tenant_id == whose.tenant_id, Membership.follower_id.in_(whose.person_ids)
        emptied = self.empty(*followed, follower_id=None)
        return Erased(deleted=self.delete(self.mine(whose)), emptied=emptied)
