"""What this room holds on people: who they are with a partner that signs them in."""

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.sso.models import IdentityLink


class IdentityLinks(Holding):
    """Their number with an identity provider."""

    name = "identity_link"
    table = IdentityLink
    label = lazy("Organisations that sign me in")
    columns = {
        "subject": lazy("My number with them"),
        "created_at": lazy("Since"),
        "last_at": lazy("Last time"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))
