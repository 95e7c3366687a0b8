"""Who came back with a code: the token it is exchanged for, and what the provider says of the person."""

from typing import Any

from config import settings
from lms.core import http
from lms.core.i18n import gettext as _
from lms.sso import wire
from lms.sso.arrival import Arrival
from lms.sso.faults import NotBelieved, ProviderAway
from lms.sso.oidc import published, tokens
from lms.sso.profile import Client, Journey, Profile, Userinfo

_LONGEST = 255  #: letters of a subject, says the standard
#: What only the ID token says: userinfo could be anybody's word on it.
_OF_TOKEN = {
    "iss",
    "aud",
    "exp",
    "iat",
    "nbf",
    "nonce",
    "acr",
    "amr",
    "azp",
    "auth_time",
    "at_hash",
    "c_hash",
    "sid",
}


def arrival(
    client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey, code: str
) -> Arrival:
    """Who came back with ``code``. Raises ``ProviderAway`` or ``NotBelieved``.

    ``discovered`` is refreshed in place where the provider's keys have changed.
    """

    def renew() -> dict[str, Any]:
        return published.keys_at(str(discovered["metadata"]["jwks_uri"]))

    answer = _exchange(client, profile, discovered, journey, code)
    token, access = str(answer.get("id_token") or ""), str(answer.get("access_token") or "")
    if not token:
        raise NotBelieved("no_token", reason=_("The provider answered without saying who you are."))
    claims, algorithm = tokens.check_id_token(token, client, profile, discovered, journey, renew)
    if not 1 <= len(claims["sub"]) <= _LONGEST or not claims["sub"].isprintable():
        raise NotBelieved("claims", "sub")
    tokens.check_half(claims.get("at_hash"), access, algorithm)
    tokens.check_half(claims.get("c_hash"), code, algorithm)
    more = _more(client, profile, discovered, access, renew)
    if more and more.get("sub") != claims["sub"]:
        raise NotBelieved("subject", reason=_("The provider spoke of two different people."))
    return Arrival(claims | {k: v for k, v in more.items() if k not in _OF_TOKEN}, token)


def _exchange(
    client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey, code: str
) -> dict[str, Any]:
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.requests_client import OAuth2Session

    where = str(discovered["metadata"]["token_endpoint"])
    session = OAuth2Session(
        client.client_id,
        client.secret or None,
        token_endpoint_auth_method=_method(client, profile, discovered["metadata"]),
        redirect_uri=client.callback,
    )
    http.guard(session, settings.current().outgoing_allow)
    session.register_compliance_hook("access_token_response", _must_be_fine)  # authlib reads a 400 like a 200
    proof = {"code_verifier": journey.verifier} if profile.uses_pkce else {}
    try:
        return dict(session.fetch_token(where, code=code, **proof))
    except (http.RequestException, http.OutgoingRefused) as error:
        if getattr(error, "response", None) is None:  # no answer at all
            raise wire.away(error, where) from error
        raise _unconfirmed(error) from error
    except (OAuthError, ValueError, TypeError, KeyError) as error:  # an error in words, or no JSON
        raise _unconfirmed(error) from error


def _method(client: Client, profile: Profile, metadata: dict[str, Any]) -> str:
    """How we prove who we are: the best way that both know. The standard's own where the provider names none."""
    if not client.secret:
        return "none"
    said = metadata.get("token_endpoint_auth_methods_supported")
    known = said if isinstance(said, list) and said else ["client_secret_basic"]
    return next((one for one in profile.auth_methods if one in known), profile.auth_methods[0])


def _must_be_fine(answer: http.Response) -> http.Response:
    answer.raise_for_status()
    if answer.is_redirect:
        raise http.RequestException("a token endpoint sends nobody on", response=answer)
    return answer


def _unconfirmed(error: Exception) -> NotBelieved:
    """Which of the standard's error codes it was, if any."""
    response = getattr(error, "response", None)
    said = ""
    if response is not None:
        try:
            body = response.json()
            said = f"{body.get('error', '')} {body.get('error_description', '')}".strip()
        except (ValueError, AttributeError):
            said = str(response.status_code)
    said = said or str(getattr(error, "error", "") or "")
    code = "token"
    if "invalid_client" in said or "unauthorized_client" in said or said == "401":
        code = "client"
    elif "invalid_grant" in said:
        code = "code"
    return NotBelieved(
        code, said, _("The provider did not confirm this sign-in."), _("Start again from the sign-in page.")
    )


def _more(
    client: Client, profile: Profile, discovered: dict[str, Any], access: str, renew: tokens.Renew
) -> dict[str, Any]:
    """What userinfo adds, as JSON or as a signed token, as the profile has it. Nothing where there is none."""
    where = discovered["metadata"].get("userinfo_endpoint")
    if not where or not access:
        return {}
    try:
        answer = wire.get(str(where), access)
    except ProviderAway as away:
        if away.code == "status":
            raise NotBelieved("userinfo", away.detail) from away
        raise
    is_signed = "application/jwt" in answer.headers.get("Content-Type", "")
    if not is_signed and profile.userinfo is Userinfo.SIGNED:
        raise NotBelieved("userinfo_form")
    if is_signed and profile.userinfo is not Userinfo.PLAIN:
        return tokens.check_userinfo(answer.text.strip(), client, profile, discovered, renew)
    return wire.json_of(answer)
