"""What this room holds on people: who they are with a partner that signs them in."""

from sqlalchemy import ColumnElement, select

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.sso.models import IdentityLink, IdentitySession


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


class IdentitySessions(Holding):
    """What ends their session at the provider too."""

    name = "identity_session"
    table = IdentitySession
    label = lazy("Sessions begun through my organisation")
    columns = {"created_at": lazy("Since")}

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        links = select(IdentityLink.id).where(
            IdentityLink.tenant_id == whose.tenant_id, IdentityLink.person_id.in_(whose.person_ids)
        )
        return (IdentitySession.tenant_id == whose.tenant_id) & IdentitySession.link_id.in_(links)

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))
