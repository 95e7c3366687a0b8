"""What is handed over of this room's tables when two organisations become one."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from lms.api.models import ResourceKind, ScimResource
from lms.core.db import session
from lms.core.handover import Handover, Objection, Pair
from lms.core.i18n import gettext as _

MOST = 10  #: names in one sentence
_there = aliased(ScimResource)


class DirectoryEntries(Handover):
    """What the directory of an organisation says of its users and groups. One name is one user."""

    name = "scim_resource.organisation"
    table = ScimResource

    def objections(self, pair: Pair) -> list[Objection]:
        known = select(_there.user_key).where(
            _there.tenant_id == pair.tenant_id,
            _there.organisation_id == pair.kept_id,
            _there.kind == ResourceKind.USER,
        )
        twice = select(ScimResource.user_key).where(
            ScimResource.tenant_id == pair.tenant_id,
            ScimResource.organisation_id == pair.gone_id,
            ScimResource.user_key.in_(known),
        )
        names = [str(name) for name in session.scalars(twice.order_by(ScimResource.user_key).limit(MOST))]
        if not names:
            return []
        return [
            Objection(
                _("The directories of both know the same users: %(names)s.", names=", ".join(names)),
                _("Let one of the two directories take them out first."),
            )
        ]
