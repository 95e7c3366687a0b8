"""Where the browser goes to sign in."""

import base64
import hashlib
import secrets
from typing import Any

from lms.sso.profile import Client, Journey, Profile, joined


def begin() -> Journey:
    """Fresh secrets of one sign-on, each long enough for the strictest provider: 43 characters, 64 of the verifier."""
    return Journey(secrets.token_urlsafe(32), secrets.token_urlsafe(32), secrets.token_urlsafe(48))


def address(client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey) -> str:
    """The authorization endpoint, with what is asked."""
    asked = {
        "response_type": "code",
        "client_id": client.client_id,
        "redirect_uri": client.callback,
        "scope": client.scopes,
        "state": journey.state,
        "nonce": journey.nonce,
    }
    if profile.uses_pkce:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(journey.verifier.encode()).digest())
        asked |= {"code_challenge": challenge.decode().rstrip("="), "code_challenge_method": "S256"}
    where = str(discovered["metadata"]["authorization_endpoint"])
    return joined(where, asked | profile.asks(client, journey))
