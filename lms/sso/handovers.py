"""What is handed over of this room's tables when two organisations become one."""

from sqlalchemy import update

from lms.core.db import session
from lms.core.handover import Handover, Pair
from lms.sso.models import IdentityProvider


class Providers(Handover):
    """The providers of an organisation. Which directory is theirs must be said anew: two directories may now be behind one name."""

    name = "identity_provider.organisation"
    table = IdentityProvider

    def hand_over(self, pair: Pair) -> None:
        super().hand_over(pair)
        kept = IdentityProvider.tenant_id == pair.tenant_id, IdentityProvider.organisation_id == pair.kept_id
        change = update(IdentityProvider).where(*kept).values(number_claim="")
        session.execute(change.execution_options(synchronize_session=False))
