"""What this room holds on people: what their organisation's identity system says of them."""

from typing import Any

from sqlalchemy import ColumnElement, and_, select

from lms.api.models import ScimMember, ScimResource
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose


class Descriptions(Holding):
    """How their organisation's identity system describes them. Should it speak of them again, they are somebody new."""

    name = "scim_resource"
    table = ScimResource
    label = lazy("What my organisation's directory says of me")
    columns = {
        "document": lazy("All that it sent"),
        "external_id": lazy("My number with it"),
        "created_at": lazy("Since"),
        "changed_at": lazy("Last change"),
        "gone_at": lazy("Until"),
    }

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))


class Groupings(Holding):
    """In which of its groups the identity system puts them."""

    name = "scim_member"
    table = ScimMember
    label = lazy("Groups of my organisation's directory in which I am")
    columns = {"display": lazy("Shown there as")}

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        theirs: Any = select(ScimResource.id).where(
            ScimResource.tenant_id == whose.tenant_id, ScimResource.person_id.in_(whose.person_ids)
        )
        return and_(ScimMember.tenant_id == whose.tenant_id, ScimMember.resource_id.in_(theirs))

    def erase(self, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.mine(whose)))
