"""The buttons of partners' providers on the sign-in page."""

from urllib.parse import urlencode

from lms.core.i18n import gettext as _
from lms.people.door import Door, DoorEntry
from lms.sso import queries

_MOST = 4  #: more buttons than this would hide the others


class OpenId(Door):
    """One button a provider where there is one customer; else a page to say whose people you are."""

    name = "openid"

    def entries(self, next: str) -> list[DoorEntry]:  # noqa: A002  (what the address calls it)
        """The buttons. A customer's providers are not shown to the people of another."""
        query = f"?{urlencode({'next': next})}" if next and next != "/" else ""
        customers = queries.customers_with_providers()
        providers = queries.live_providers(customers[0], _MOST + 1) if len(customers) == 1 else []
        if len(customers) > 1 or len(providers) > _MOST:
            return [DoorEntry(_("Sign in with your organisation"), f"/sso{query}")]
        return [
            DoorEntry(_("Sign in with %(name)s", name=name), f"/sso/{slug}/start{query}")
            for slug, name in providers
        ]
