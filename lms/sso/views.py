"""Leaving for a partner's provider, and coming back."""

import hmac
import time
from dataclasses import asdict
from typing import Any

from flask import redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from config import settings
from lms.core import db, sealing
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import Room, anyone, safe_next
from lms.people import entrance
from lms.sso import oidc, queries, services
from lms.sso.models import IdentityProvider

room = Room("sso")

_PATIENCE = 600  #: seconds for which a sign-on may be under way


@room.get("/sso", may=anyone)
def choose() -> ResponseReturnValue:
    """People whose provider is not on the sign-in page type their organisation's name."""
    typed = request.args.get("organisation", "").strip().lower()
    found = queries.providers_of(typed) if typed else []
    return render_template(
        "sso/choose.html", typed=typed, found=found, next=safe_next(request.args.get("next"))
    )


@room.get("/sso/<string:slug>/start", may=anyone, on=queries.live_provider)
def start(provider: IdentityProvider) -> ResponseReturnValue:
    journey = oidc.begin()
    discovered = provider.discovered
    client = _client(provider)
    if not discovered:
        provider_id = provider.id
        db.rollback()  # the network may be slow: hold no transaction meanwhile
        discovered = oidc.discover(client.issuer)
        db.apart(lambda: services.remember(provider_id, discovered), provider.tenant_id)
    cookie["sso"] = asdict(journey) | {
        "provider": provider.slug,
        "next": safe_next(request.args.get("next")),
        "at": int(time.time()),
    }
    return redirect(oidc.address(client, discovered, journey))


@room.get("/sso/<string:slug>/callback", may=anyone, on=queries.live_provider)
def callback(provider: IdentityProvider) -> ResponseReturnValue:
    kept = cookie.pop("sso", None)
    if not _is_ours(kept, provider):
        raise oidc.NotBelieved(
            _("This sign-in was not started here, or too long ago."), _("Start again from the sign-in page.")
        )
    if error := request.args.get("error"):
        raise _gave_up(error)
    client, discovered = _client(provider), dict(provider.discovered)
    tenant_id, slug = provider.tenant_id, provider.slug
    db.rollback()  # what comes next speaks with the provider: no transaction waits for the network
    discovered = discovered or oidc.discover(client.issuer)
    journey = oidc.Journey(kept["state"], kept["nonce"], kept["verifier"])
    claims = oidc.claims(client, discovered, journey, request.args.get("code", ""))
    db.begin(Mode.WRITE, tenant_id)
    found = queries.live_provider(None, slug)
    if found is None:  # switched off while somebody was on the way
        raise services.NotInvited(_("This way in is closed."))
    link = services.admit(found, claims)
    services.remember(found.id, discovered)
    entrance.enter(link.account_id, "sso", tenant_id=tenant_id)
    return redirect(safe_next(kept.get("next")))


def _client(provider: IdentityProvider) -> oidc.Client:
    secret = sealing.unseal(provider.client_secret) if provider.client_secret else ""
    back = url_for("sso.callback", slug=provider.slug)
    return oidc.Client(
        provider.issuer, provider.client_id, secret, provider.scopes, settings.current().base_url + back
    )


def _is_ours(kept: Any, provider: IdentityProvider) -> bool:
    """Whether the answer belongs to a journey of this browser, to this provider, not long ago."""
    if not isinstance(kept, dict) or kept.get("provider") != provider.slug:
        return False
    state = request.args.get("state", "")
    return (
        hmac.compare_digest(str(kept["state"]).encode(), state.encode())
        and time.time() - kept["at"] < _PATIENCE
    )


def _gave_up(error: str) -> oidc.NotBelieved:
    if error == "access_denied":
        return oidc.NotBelieved(
            _("You stopped before the end, or your organisation said no."),
            _("Nothing was changed. You can start again."),
        )
    return oidc.NotBelieved(
        _("Your organisation's sign-in reported a fault."), _("Try again in a few minutes.")
    )
