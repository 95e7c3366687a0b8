"""What is the same in whatever language a provider speaks: it is read, and the browser leaves for it."""

from typing import Any

from lms.sso.oidc import leaving as _openid
from lms.sso.oidc import published as _openid_published
from lms.sso.profile import Client, Journey, Language, Profile
from lms.sso.saml import leaving as _saml
from lms.sso.saml import published as _saml_published


def discover(client: Client, profile: Profile) -> dict[str, Any]:
    """What it publishes: under ``metadata`` at least its ``issuer`` and its ``authorization_endpoint``. Raises ``ProviderAway``."""
    if profile.language is Language.SAML:
        return _saml_published.discover(client)
    return _openid_published.discover(client, profile)


def begin(profile: Profile) -> Journey:
    """Fresh secrets of one sign-on."""
    return _saml.begin() if profile.language is Language.SAML else _openid.begin()


def way_in(client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey) -> str:
    """Where the browser goes to sign in. Raises ``ProviderAway``."""
    if profile.language is Language.SAML:
        return _saml.address(client, discovered, journey)
    return _openid.address(client, profile, discovered, journey)
