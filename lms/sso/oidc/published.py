"""What a provider publishes: its addresses and its keys."""

from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lms.sso import wire
from lms.sso.faults import ProviderAway
from lms.sso.profile import Client, Profile

_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_ADDRESSES = (*_NEEDED, "userinfo_endpoint", "end_session_endpoint")


def discover(client: Client, profile: Profile) -> dict[str, Any]:
    """Addresses and keys: ``{"metadata": ..., "jwks": ...}``. Raises ``ProviderAway``."""
    metadata = profile.metadata(client) or _published(client.issuer)
    if missing := [name for name in _NEEDED if not isinstance(metadata.get(name), str)]:
        raise ProviderAway("lacks", ", ".join(missing))
    if open_ := [name for name in _ADDRESSES if not wire.is_encrypted(str(metadata.get(name) or "https://"))]:
        raise ProviderAway("unsafe", ", ".join(f"{name} {metadata[name]}" for name in open_))
    return {"metadata": metadata, "jwks": keys_at(str(metadata["jwks_uri"]))}


def keys_at(where: str) -> dict[str, Any]:
    """The keys published there, if at least one of them can be used. Raises ``ProviderAway``."""
    found = wire.get_json(where)
    try:
        KeySet.import_key_set({"keys": [key for key in found.get("keys", []) if key.get("kty") != "oct"]})
    except (JoseError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise ProviderAway("no_keys", where) from error
    return found


def _published(issuer: str) -> dict[str, Any]:
    metadata = wire.get_json(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    said = str(metadata.get("issuer", ""))
    if said.rstrip("/") != issuer.rstrip("/"):
        raise ProviderAway("other_issuer", said)
    return metadata
