"""Signing on in a test: a provider that is trusted, somebody who leaves for it and comes back."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.organisations.models import Organisation, Role
from lms.people.models import Person
from lms.sso import services
from lms.sso.models import IdentityProvider
from tests.sso.forger import Forger
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import Corner

SECRET = "a secret of the client that is long enough"


def trusted(corner: Corner, issuer: str, slug: str = "region", **more: Any) -> int:
    """A provider of the corner's root, in use; newcomers become partners unless said otherwise. Its number."""
    more = {"default_role": Role.PARTNER, "secret": SECRET, **more}
    unit_id = more.pop("unit_id", corner.root_id)
    with db.transaction(tenant_id=corner.tenant_id):
        unit = session.get_one(Organisation, unit_id)
        made = services.add(
            unit, slug, more.pop("name", "Région"), issuer, more.pop("client_id", "kokoroe"), **more
        )
        services.trust(made)
        return made.id


def tied(corner: Corner, provider_id: int, subject: str, person_id: int) -> int:
    """This person comes by this provider under this number. The tie's own number."""
    with db.transaction(tenant_id=corner.tenant_id):
        provider = session.get_one(IdentityProvider, provider_id)
        return services.link(provider, subject, session.get_one(Person, person_id)).id


def leave(visitor: Visitor, slug: str = "region", onward: str = "/reports", **more: str) -> dict[str, str]:
    """Leave for the provider; what it is asked."""
    query = "&".join(f"{name}={value}" for name, value in {"next": onward, **more}.items())
    left = visitor.fetch(f"/sso/{slug}/start?{query}")
    assert left.status_code == 302, left.get_data(as_text=True)
    return {k: v[0] for k, v in parse_qs(urlsplit(left.location).query).items()}


def come_back(visitor: Visitor, slug: str = "region", **sent: Any) -> Any:
    """Come back from it with these arguments."""
    return visitor.client.get(f"/sso/{slug}/callback", query_string=sent)


def go(visitor: Visitor, forger: Forger, slug: str = "region", onward: str = "/reports", **sent: str) -> Any:
    """Leave and come back; what is brought back may be bent."""
    asked = leave(visitor, slug, onward)
    return come_back(visitor, slug, **({"code": forger.issue(asked), "state": asked["state"]} | sent))


def is_in(visitor: Visitor) -> bool:
    """Whether somebody is signed in in this browser."""
    return visitor.fetch("/me").status_code == 200


def people() -> int:
    """How many persons there are, of all customers."""
    with everything(Mode.READ):
        return session.execute(select(func.count()).select_from(Person)).scalar_one()


def verbs() -> list[str]:
    """What the journal says, oldest first."""
    with everything(Mode.READ):
        return list(session.scalars(select(Entry.verb).order_by(Entry.id)))
