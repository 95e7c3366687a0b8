"""The buttons of partners' providers: on the sign-in page, for the invited, on one's own account, and on the way out."""

from typing import Any
from urllib.parse import urlencode

from lms.core import walls
from lms.core.i18n import gettext as _
from lms.core.i18n import hour
from lms.people.door import Door, DoorEntry
from lms.people.queries import link_by_token, person_of_account, tenants_of_account
from lms.sso import queries, services
from lms.sso.queries import Offer

_MOST = 4  #: more buttons than this would hide the others


class OpenId(Door):
    """One button a provider where it is known whose door this is; else a page to say whose people you are."""

    name = "openid"

    def entries(self, next: str, at: str = "") -> list[DoorEntry]:  # noqa: A002  (what the address calls it)
        """The buttons. A customer's providers are not shown to the people of another, unless they say whose they are."""
        query = f"?{urlencode({'next': next})}" if next and next != "/" else ""
        if at and (offers := queries.offers_at(at, _MOST)):
            others = DoorEntry(_("Sign in with another organisation"), f"/sso{query}")
            return [*(_button(offer, query) for offer in offers), others]
        customers = queries.customers_with_providers()
        offers = queries.offers_of(customers[0], _MOST + 1) if len(customers) == 1 else []
        if len(customers) > 1 or len(offers) > _MOST:
            return [DoorEntry(_("Sign in with your organisation"), f"/sso{query}")]
        return [_button(offer, query) for offer in offers]

    def invited(self, token: str) -> list[DoorEntry]:
        """The providers of the organisations where the invited person is expected."""
        found = link_by_token(token)
        tenants = tenants_of_account(found.account_id) if found is not None else []
        if found is None or len(tenants) != 1:
            return []
        with walls.visiting(tenants[0]):
            person = person_of_account(found.account_id, tenants[0])
            offers = queries.offers_for(person, _MOST) if person is not None and person.email else []
        return [_button(offer, f"?{urlencode({'invitation': token})}") for offer in offers]

    def own(self) -> list[DoorEntry]:
        return [DoorEntry(_("Sign in through my organisation"), "/sso/mine")]

    def way_out(self, actor: Any) -> str:
        return services.way_out(actor)


def _button(offer: Offer, query: str) -> DoorEntry:
    note = (
        _("%(name)s does not answer since %(hour)s.", name=offer.name, hour=hour(offer.away_since))
        if offer.away_since
        else ""
    )
    return DoorEntry(_("Sign in with %(name)s", name=offer.name), f"/sso/{offer.slug}/start{query}", note)
