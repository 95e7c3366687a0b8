"""A sign-on under way: what the browser's cookie keeps of it, and what for somebody set off."""

import hmac
import json
import time
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, url_for
from flask import session as cookie
from werkzeug.datastructures import MultiDict

from config import settings
from lms.core import db, headers, sealing
from lms.core.clock import now
from lms.core.i18n import gettext as _
from lms.sso import services, speaking
from lms.sso.faults import NotBelieved, ProviderAway
from lms.sso.models import IdentityProvider
from lms.sso.profile import Client, Journey, Language, profile_of
from lms.sso.services.sessions import PATIENCE

SIGN_IN, TRY, TIE = "sign-in", "try", "tie"  #: what somebody may set off for
_FRESH = timedelta(minutes=1)
_HOPELESS = timedelta(seconds=15)
_ONCE = (
    "state",
    "code",
    "error",
    "iss",
    "SAMLResponse",
    "RelayState",
)  #: arguments that an answer has once at most


def client_of(provider: IdentityProvider) -> Client:
    """We, as this provider knows us; plain values, so that no transaction waits for the network."""
    by_saml = profile_of(provider.kind).language is Language.SAML
    return Client(
        issuer=provider.issuer,
        client_id=address_of("sso.our_metadata", provider) if by_saml else provider.client_id,
        secret=unsealed(provider.client_secret),
        scopes=provider.scopes,
        callback=address_of("sso.consume" if by_saml else "sso.callback", provider),
        levels=tuple(provider.levels.split()),
        algorithm=provider.algorithm,
        options={name: str(value) for name, value in provider.options.items()},
        private_keys=unsealed(provider.private_keys),
    )


def unsealed(kept: str | None) -> str:
    """A secret of a row; empty where there is none, or where this installation's key was changed since.

    The provider then refuses us, and its page says to copy the secret anew.
    """
    try:
        return sealing.unseal(kept) if kept else ""
    except sealing.Unsealable:
        return ""


def address_of(endpoint: str, provider: IdentityProvider) -> str:
    """One of our addresses, as the provider must be told it."""
    return settings.current().base_url + url_for(endpoint, slug=provider.slug)


def set_off(provider: IdentityProvider, discovered: dict[str, Any], mode: str, **more: Any) -> Response:
    """Send the browser to the provider; its cookie keeps the secrets of this journey, and what it is for."""
    profile = profile_of(provider.kind)
    journey = speaking.begin(profile)
    where = speaking.way_in(client_of(provider), profile, discovered, journey)
    cookie["sso"] = asdict(journey) | {"provider": provider.slug, "mode": mode, "at": int(time.time())} | more
    return make_response(redirect(where))


def ready(provider: IdentityProvider) -> dict[str, Any] | None:
    """What the provider publishes, once it is known to be there; None: it does not answer, and the sign-in page says so.

    It is asked at most once a minute while it answers, and every 15 seconds while it does not: a crowd in the morning
    does not hold up the house. No transaction is open meanwhile.
    """
    if provider.away_since and provider.asked_at and now() - provider.asked_at < _HOPELESS:
        return None
    if provider.answered_at and not provider.away_since and now() - provider.answered_at < _FRESH:
        return provider.discovered
    client, profile = client_of(provider), profile_of(provider.kind)
    provider_id, tenant_id = provider.id, provider.tenant_id
    db.rollback()
    try:
        found = speaking.discover(client, profile)
    except ProviderAway:
        db.apart(lambda: services.is_away(provider_id), tenant_id)
        return None
    db.apart(lambda: services.remember(provider_id, found), tenant_id)
    return found


def taken_up(kept: Any, provider: IdentityProvider, brought: MultiDict[str, str], state: str) -> Journey:
    """The journey that this answer belongs to, if it is this browser's, to this provider, not long ago.

    ``kept`` is what the cookie had, ``brought`` what the browser brings, the ``state`` among it. Raises ``NotBelieved``.
    """
    stale = NotBelieved(
        "nonce",
        "",
        _("This sign-in was not started here, or too long ago."),
        _("Start again from the sign-in page."),
    )
    if not isinstance(kept, dict) or kept.get("provider") != provider.slug:
        raise stale
    if any(len(brought.getlist(name)) > 1 for name in _ONCE):
        raise stale
    if not hmac.compare_digest(str(kept["state"]).encode(), brought.get(state, "").encode()):
        raise stale
    if not 0 <= time.time() - kept["at"] < PATIENCE.total_seconds():
        raise stale
    return Journey(kept["state"], kept["nonce"], kept["verifier"])


def allow_forms_to(*providers: IdentityProvider) -> None:
    """Forms of this page end at these providers: a browser asks before it follows a form elsewhere."""
    for provider in providers:
        metadata = provider.discovered.get("metadata") or {}
        place = urlsplit(str(metadata.get("authorization_endpoint") or ""))
        if place.scheme and place.hostname and not set(place.netloc) & set(" ;,'\"@"):
            headers.allow_form_to(f"{place.scheme}://{place.netloc}")


def json_page(said: Any) -> Response:
    """A JSON document that anybody may read."""
    return Response(json.dumps(said), mimetype="application/json")
