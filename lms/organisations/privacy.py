"""What this room holds on people: what they are, where, and who follows whom."""

from sqlalchemy import ColumnElement, and_, or_, select

from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.organisations.models import Invitation, Membership
from lms.people.models import Person


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


class Invitations(Holding):
    """Ways in that they gave to others, or that were mailed to them. Those that they gave stay under their number."""

    name = "invitation"
    table = Invitation
    label = lazy("Invitations that I gave, or was sent")
    columns = {
        "email": lazy("E-mail"),
        "role": lazy("Role"),
        "organisation_id": lazy("Organisation (its number)"),
        "created_at": lazy("Since"),
        "expires_at": lazy("Until"),
    }
    stays = ("email", "code_hash", "sealed_code")
    reason = lazy(
        "Whom somebody invited stays, under their number; the invitation itself no longer lets anybody in."
    )

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        of_tenant = Invitation.tenant_id == whose.tenant_id
        return and_(of_tenant, or_(Invitation.by_id.in_(whose.person_ids), self._sent(whose)))

    def erase(self, whose: Whose) -> Erased:
        of_tenant = Invitation.tenant_id == whose.tenant_id
        deleted = self.delete(of_tenant, self._sent(whose))
        return Erased(deleted=deleted, kept=self.count(of_tenant, Invitation.by_id.in_(whose.person_ids)))

    def _sent(self, whose: Whose) -> ColumnElement[bool]:
        mine = Person.tenant_id == whose.tenant_id, Person.id.in_(whose.person_ids)
        return Invitation.email.in_(select(Person.email).where(*mine))
