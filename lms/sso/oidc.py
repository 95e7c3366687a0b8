"""OpenID Connect spoken to one provider: code flow with PKCE, every claim checked before it is believed.

Nothing here touches the database; it takes and gives plain values, and speaks only through ``core.http``.
"""

import base64
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from config import settings
from lms.core import http
from lms.core.clock import now
from lms.core.errors import Refused
from lms.core.i18n import gettext as _

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]
_SKEW = 60  #: seconds by which their clock may differ from ours
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAway(Refused):
    """The provider does not answer, or not as the standard says."""

    status = 503


class NotBelieved(Refused):
    """What came back does not hold: forged, stale, or meant for somebody else."""

    status = 403


@dataclass(frozen=True, slots=True)
class Client:
    """We, as one provider knows us. ``secret`` is empty for a public client."""

    issuer: str
    client_id: str
    secret: str
    scopes: str
    callback: str


@dataclass(frozen=True, slots=True)
class Journey:
    """One sign-on under way: what the browser's cookie keeps until it comes back."""

    state: str
    nonce: str
    verifier: str


def begin() -> Journey:
    """Fresh secrets of one sign-on, each long enough for the strictest provider."""
    return Journey(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def discover(issuer: str) -> dict[str, Any]:
    """What the provider publishes: its addresses and keys (``{"metadata": ..., "jwks": ...}``). Raises ``ProviderAway``."""
    metadata = _json(_get(f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
    if metadata.get("issuer", "").rstrip("/") != issuer.rstrip("/"):
        raise ProviderAway(
            _("This provider says that it is another one."),
            _("Check the issuer's address with the provider's support."),
        )
    if missing := [name for name in _NEEDED if not metadata.get(name)]:
        raise ProviderAway(_("The provider does not publish %(what)s.", what=", ".join(missing)))
    return {"metadata": metadata, "jwks": _json(_get(metadata["jwks_uri"]))}


def address(client: Client, discovered: dict[str, Any], journey: Journey) -> str:
    """Where the browser goes to sign in."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(journey.verifier.encode()).digest())
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.callback,
        "scope": client.scopes,
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": challenge.decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    where = str(discovered["metadata"]["authorization_endpoint"])
    return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"


def claims(client: Client, discovered: dict[str, Any], journey: Journey, code: str) -> dict[str, Any]:
    """Who came back with ``code``: the checked claims of the ID token, completed by the provider's userinfo.

    Raises ``ProviderAway`` or ``NotBelieved``. ``discovered`` is refreshed in place where their keys have changed.
    """
    tokens = _exchange(client, discovered, journey, code)
    if "id_token" not in tokens:
        raise NotBelieved(_("The provider answered without saying who you are."))
    found = _checked(client, discovered, journey, str(tokens["id_token"]))
    return found | _more(client, discovered, tokens, str(found["sub"]))


def _exchange(client: Client, discovered: dict[str, Any], journey: Journey, code: str) -> dict[str, Any]:
    from authlib.integrations.requests_client import OAuth2Session

    supported = discovered["metadata"].get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    method = "client_secret_basic" if "client_secret_basic" in supported else "client_secret_post"
    session = OAuth2Session(
        client.client_id,
        client.secret or None,
        token_endpoint_auth_method=method if client.secret else "none",
        redirect_uri=client.callback,
    )
    http.guard(session, settings.current().outgoing_allow)
    session.register_compliance_hook("access_token_response", _must_be_fine)  # authlib reads a 400 like a 200
    try:
        answer = session.fetch_token(
            discovered["metadata"]["token_endpoint"], code=code, code_verifier=journey.verifier
        )
    except (http.RequestException, http.OutgoingRefused) as error:
        if getattr(error, "response", None) is None:  # no answer at all
            raise _away() from error
        raise _unconfirmed() from error
    except Exception as error:  # authlib: an OAuth error, or an answer that is no JSON
        raise _unconfirmed() from error
    return dict(answer)


def _unconfirmed() -> NotBelieved:
    return NotBelieved(
        _("The provider did not confirm this sign-in."), _("Start again from the sign-in page.")
    )


def _must_be_fine(answer: http.Response) -> http.Response:
    answer.raise_for_status()
    return answer


def _checked(client: Client, discovered: dict[str, Any], journey: Journey, token: str) -> dict[str, Any]:
    """The claims of an ID token that is signed by them, for us, now, in answer to this very journey."""
    try:
        try:
            decoded = jwt.decode(token, KeySet.import_key_set(discovered["jwks"]), algorithms=ALGORITHMS)
        except (JoseError, ValueError):  # perhaps they changed their keys since we read them
            discovered["jwks"] = _json(_get(discovered["metadata"]["jwks_uri"]))
            decoded = jwt.decode(token, KeySet.import_key_set(discovered["jwks"]), algorithms=ALGORITHMS)
        jwt.JWTClaimsRegistry(
            now=lambda: int(now().timestamp()),
            leeway=_SKEW,
            iss={"essential": True, "value": discovered["metadata"]["issuer"]},
            aud={"essential": True, "value": client.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
            nonce={"essential": True, "value": journey.nonce},
        ).validate(decoded.claims)
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise NotBelieved(
            _("The provider's answer could not be verified."),
            _("Start again. If it happens again, tell the person who runs this site."),
        ) from error
    authorised = decoded.claims.get("azp", client.client_id)
    if not decoded.claims["sub"] or authorised != client.client_id:
        raise NotBelieved(_("The provider's answer was meant for somebody else."))
    return dict(decoded.claims)


def _more(client: Client, discovered: dict[str, Any], tokens: dict[str, Any], subject: str) -> dict[str, Any]:
    """What userinfo adds, as JSON or as a signed token; only if it speaks of the same person."""
    where = discovered["metadata"].get("userinfo_endpoint")
    if not where or not tokens.get("access_token"):
        return {}
    answer = _get(str(where), {"Authorization": f"Bearer {tokens['access_token']}"})
    if "application/jwt" in answer.headers.get("Content-Type", ""):
        try:
            found = jwt.decode(
                answer.text, KeySet.import_key_set(discovered["jwks"]), algorithms=ALGORITHMS
            ).claims
        except (JoseError, ValueError) as error:
            raise NotBelieved(_("The provider's answer could not be verified.")) from error
        if found.get("aud", client.client_id) not in (client.client_id, [client.client_id]):
            raise NotBelieved(_("The provider's answer was meant for somebody else."))
    else:
        found = _json(answer)
    if found.get("sub") != subject:
        raise NotBelieved(_("The provider spoke of two different people."))
    return {k: v for k, v in found.items() if k not in ("iss", "aud", "exp", "iat", "nonce")}


def _get(url: str, headers: dict[str, str] | None = None) -> http.Response:
    try:
        with http.session(settings.current().outgoing_allow) as session:
            answer = session.get(url, headers=headers or {}, timeout=5)
    except (http.RequestException, http.OutgoingRefused) as error:
        raise _away() from error
    if answer.status_code != 200:
        raise _away()
    return answer


def _json(answer: http.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except ValueError as error:
        raise _away() from error
    if not isinstance(found, dict):
        raise _away()
    return found


def _away() -> ProviderAway:
    return ProviderAway(
        _("Your organisation's sign-in does not answer."),
        _(
            "Try again in a few minutes. If you also have a password here, you can use it on the sign-in page."
        ),
    )
