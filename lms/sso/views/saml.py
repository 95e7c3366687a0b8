"""What only SAML needs: our metadata, and an answer that comes by a form of the provider's."""

from typing import Any

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from lms.core import db
from lms.core.db import Mode
from lms.core.web import anyone
from lms.sso import queries, services
from lms.sso.models import IdentityProvider
from lms.sso.profile import profile_of
from lms.sso.saml import ours, returning
from lms.sso.saml.reading import LARGEST
from lms.sso.views import room
from lms.sso.views.coming import Found, come_back
from lms.sso.views.journeys import client_of, taken_up


@room.get("/sso/<string:slug>/metadata.xml", may=anyone, on=queries.saml_provider)
def our_metadata(provider: IdentityProvider) -> ResponseReturnValue:
    """What whoever runs the provider gives to it: our name, and where it brings people back to."""
    return Response(ours.metadata(client_of(provider)), mimetype="application/samlmetadata+xml")


@room.post("/sso/<string:slug>/acs", may=anyone, on=queries.saml_provider, mode=Mode.READ, has_own_proof=True)
def consume(provider: IdentityProvider) -> ResponseReturnValue:
    """The answer, as a form of the provider's site brings it: without our cookie, which goes along only with forms of ours.

    So this page of ours hands it on, and by that the browser shows that it is the one that set off. Nothing is judged and
    nothing is kept here; nor is a cookie given out, which would take the place of the one that the browser holds back.
    """
    answer, state = request.form.get("SAMLResponse", ""), request.form.get("RelayState", "")
    return render_template(
        "sso/arriving.html", name=provider.name, slug=provider.slug, answer=answer[: 2 * LARGEST], state=state[:200]
    )  # fmt: skip


@room.post(
    "/sso/<string:slug>/arrive", may=anyone, on=queries.saml_provider, mode=Mode.READ, has_own_proof=True
)
def arrive(provider: IdentityProvider) -> ResponseReturnValue:
    """The same answer with our cookie: the state in both says that this browser set off for it, once."""
    return come_back(provider, _arrive)


def _arrive(provider: IdentityProvider, kept: Any) -> Found:
    """Who came back, once every check held. No transaction is open while signatures are checked."""
    discovered = dict(provider.discovered)
    journey = taken_up(kept, provider, request.form, "RelayState")
    client, profile = client_of(provider), profile_of(provider.kind)
    tenant_id, slug = provider.tenant_id, provider.slug
    db.begin(Mode.WRITE, tenant_id)
    services.take_state(tenant_id, journey.state)
    db.commit()
    arrival = returning.arrival(client, profile, discovered, journey, request.form.get("SAMLResponse", ""))
    db.begin(Mode.WRITE, tenant_id)
    services.take_once(tenant_id, slug, arrival)
    db.commit()
    return arrival, discovered
