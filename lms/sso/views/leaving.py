"""The way out, and what a provider reads of us."""

import json
import secrets

from flask import abort, make_response, render_template
from flask.typing import ResponseReturnValue
from joserfc.jwk import KeySet

from lms.core.web import anyone
from lms.sso import queries
from lms.sso.models import IdentityProvider, IdentitySession
from lms.sso.profile import profile_of
from lms.sso.views import room
from lms.sso.views.journeys import address_of, client_of, json_page, unsealed


@room.get("/sso/<string:slug>/leave/<string:token>", may=anyone, on=queries.leaving_by)
def leave(found: tuple[IdentityProvider, IdentitySession]) -> ResponseReturnValue:
    """Whoever left here goes on to the provider, so that the next person at this computer finds no open session there.

    A page that sends the browser on, as a browser does not follow a form (the button to leave) to another site.
    """
    provider, here = found
    metadata = provider.discovered.get("metadata") or {}
    back = address_of("sso.left", provider)
    hint, state = unsealed(here.id_token), secrets.token_urlsafe(32)
    where = profile_of(provider.kind).way_out(metadata, client_of(provider), hint, state, back)
    page = make_response(render_template("sso/leave.html", name=provider.name, where=where or "/sign-out"))
    page.headers["Refresh"] = f"0; url={where or '/sign-out'}"
    return page


@room.get("/sso/<string:slug>/left", may=anyone, on=queries.known_provider)
def left(_provider: IdentityProvider) -> ResponseReturnValue:
    """Where a provider brings the browser back to. Nothing is done here, so whoever sent it there gained nothing."""
    return render_template("people/signed_out.html")


@room.get("/sso/<string:slug>/keys.json", may=anyone, on=queries.known_provider)
def keys(provider: IdentityProvider) -> ResponseReturnValue:
    """Our public keys, for a provider that encrypts what it says."""
    private = unsealed(provider.private_keys) or abort(404)
    kept = KeySet.import_key_set(json.loads(private))
    return json_page(kept.as_dict(private=False))


@room.get("/sso/<string:slug>/redirect-uris.json", may=anyone, on=queries.known_provider)
def redirect_uris(provider: IdentityProvider) -> ResponseReturnValue:
    """The addresses that share one number for each person over there (``sector_identifier_uri``)."""
    return json_page([address_of("sso.callback", provider)])
