"""Tokens that providers sign: believed only when every part of them holds."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from typing import Any

from joserfc import jwe, jwt
from joserfc.errors import (
    BadSignatureError,
    ClaimError,
    ExpiredTokenError,
    InvalidKeyIdError,
    JoseError,
    MissingClaimError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet, OctKey

from lms.core.clock import now
from lms.sso.faults import NotBelieved
from lms.sso.profile import Client, Journey, Profile

SKEW = 60  #: seconds by which their clock may differ from ours
OLDEST = 600  #: seconds after which a token that was made for a sign-on answers none
_OF_CLAIM = {
    "iss": "issuer",
    "aud": "audience",
    "nonce": "nonce",
    "iat": "future",
    "nbf": "future",
    "sub": "claims",
}
_ENCRYPTIONS = ["ECDH-ES", "ECDH-ES+A256KW", "A256GCM"]
Renew = Callable[[], dict[str, Any]]


def opened(
    token: str, client: Client, profile: Profile, discovered: dict[str, Any], renew: Renew
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims of a token whose signature holds. Raises ``NotBelieved``.

    ``renew`` reads the provider's keys again: perhaps they were changed since. They are kept in ``discovered``.
    """
    algorithms = allowed(client, profile)
    if algorithms[0].startswith("HS"):
        return _decoded(token, [OctKey.import_key(client.secret)], algorithms)
    try:
        return _decoded(token, _published(discovered, token), algorithms)
    except NotBelieved as refusal:
        if refusal.code not in ("key", "signature"):
            raise
    discovered["jwks"] = renew()
    return _decoded(token, _published(discovered, token), algorithms)


def allowed(client: Client, profile: Profile) -> list[str]:
    """What tokens may be signed with: the one that was agreed, else what the profile allows.

    A shared secret only where an administrator said so, and then nothing else: with both, a published key would do for one.
    """
    return [client.algorithm] if client.algorithm else list(profile.algorithms)


def check_id_token(
    token: str, client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey, renew: Renew
) -> tuple[dict[str, Any], str]:
    """The claims of an ID token signed by them, for us, now, in answer to this very journey; and what it is signed with."""
    header, claims = opened(token, client, profile, discovered, renew)
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise NotBelieved("kind", str(header.get("typ")))
    _hold(claims, client, str(discovered["metadata"]["issuer"]), nonce=journey.nonce)
    if claims["iat"] < now().timestamp() - OLDEST:
        raise NotBelieved("expired")
    audience = claims["aud"]
    needed = isinstance(audience, list) and len(audience) > 1
    if claims.get("azp", None if needed else client.client_id) != client.client_id:
        raise NotBelieved("audience", str(claims.get("azp", "")))
    accepted = profile.accepted(client)
    if accepted and claims.get("acr") not in accepted:
        raise NotBelieved("level", str(claims.get("acr", "")))
    return claims, str(header["alg"])


def check_userinfo(
    token: str, client: Client, profile: Profile, discovered: dict[str, Any], renew: Renew
) -> dict[str, Any]:
    """The claims of a signed answer of the userinfo endpoint: from them, for us, not out of date."""
    signed = _decrypted(token, client) if profile.encrypts or token.count(".") == 4 else token
    _header, claims = opened(signed, client, profile, discovered, renew)
    _hold(claims, client, str(discovered["metadata"]["issuer"]), needed=("iss", "aud", "sub"))
    return claims


def check_half(said: object, whole: str, algorithm: str) -> None:
    """``at_hash`` and ``c_hash``: the left half of the hash of what they belong to. Absent: nothing is said."""
    if said is None:
        return
    digest = hashlib.new(
        "sha" + (algorithm[2:] if algorithm[2:] in ("256", "384", "512") else "512"), whole.encode()
    ).digest()
    half = base64.urlsafe_b64encode(digest[: len(digest) // 2]).decode().rstrip("=")
    if not isinstance(said, str) or not hmac.compare_digest(said.encode(), half.encode()):
        raise NotBelieved("hash")


def _hold(
    claims: dict[str, Any],
    client: Client,
    issuer: str,
    *,
    nonce: str = "",
    needed: Sequence[str] = ("iss", "aud", "sub", "exp", "iat"),
) -> None:
    rules: dict[str, Any] = {name: {"essential": True} for name in needed}
    rules["iss"] |= {"value": issuer}
    rules["aud"] |= {"value": client.client_id}
    if nonce:
        rules["nonce"] = {"essential": True, "value": nonce}
    registry = jwt.JWTClaimsRegistry(now=lambda: int(now().timestamp()), leeway=SKEW, **rules)
    try:
        registry.validate(claims)
    except ExpiredTokenError as error:
        raise NotBelieved("expired") from error
    except MissingClaimError as error:
        raise NotBelieved("claims", str(error)) from error
    except ClaimError as error:
        said = "" if error.claim == "nonce" else str(claims.get(error.claim, ""))
        raise NotBelieved(_OF_CLAIM.get(error.claim, "claims"), said) from error
    except (JoseError, ValueError, TypeError) as error:
        raise NotBelieved("claims") from error


def _decoded(token: str, keys: Sequence[Any], algorithms: list[str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first of these keys that opens the token: whoever signs without naming the key has few of them."""
    fault = "key"
    for key in keys:
        try:
            found = jwt.decode(token, key, algorithms=algorithms)
        except BadSignatureError:
            fault = "signature"
        except UnsupportedAlgorithmError as error:
            raise NotBelieved("algorithm", str(_header_of(token).get("alg", ""))) from error
        except (JoseError, ValueError, TypeError, UnicodeError):
            fault = (
                "signature" if fault == "key" else fault
            )  # this key is of another kind, or the text is no token
        else:
            return dict(found.header), dict(found.claims)
    raise NotBelieved(fault)


def _published(discovered: dict[str, Any], token: str) -> list[Any]:
    """Their keys that may have signed this token, none of which is a shared secret."""
    said = [
        key
        for key in discovered["jwks"].get("keys", [])
        if key.get("kty") != "oct" and key.get("use") != "enc"
    ]
    kid = _header_of(token).get("kid")
    named = [key for key in said if kid is None or key.get("kid") == kid]
    try:
        return list(KeySet.import_key_set({"keys": named})) if named else []
    except (JoseError, InvalidKeyIdError, ValueError, TypeError):
        return []


def _header_of(token: str) -> dict[str, Any]:
    try:
        part = token.partition(".")[0]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, UnicodeError):
        return {}
    return found if isinstance(found, dict) else {}


def _decrypted(token: str, client: Client) -> str:
    try:
        keys = KeySet.import_key_set(json.loads(client.private_keys))
        found = jwe.decrypt_compact(token, keys, algorithms=_ENCRYPTIONS)
    except (JoseError, ValueError, TypeError) as error:
        raise NotBelieved("encrypted") from error
    return (found.plaintext or b"").decode("utf-8", "replace")
