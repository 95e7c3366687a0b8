"""Where the browser goes to sign in."""

import secrets
from typing import Any

from lms.sso.profile import Client, Journey
from lms.sso.saml import ours


def begin() -> Journey:
    """Fresh secrets of one sign-on: what the browser brings back (RelayState, 80 bytes at most) and the number of the request."""
    return Journey(secrets.token_urlsafe(32), f"_{secrets.token_hex(20)}", "")


def address(client: Client, discovered: dict[str, Any], journey: Journey) -> str:
    """The provider's address, with the request in it. Raises ``ProviderAway`` without xmlsec1."""
    from saml2 import BINDING_HTTP_POST, BINDING_HTTP_REDIRECT

    us, where = ours.talking_to(client, discovered), discovered["metadata"]["authorization_endpoint"]
    level = {"authn_context_class_ref": list(client.levels), "comparison": "exact"} if client.levels else None
    _number, request = us.create_authn_request(
        where, binding=BINDING_HTTP_POST, message_id=journey.nonce, sign=False, allow_create="true",
        nameid_format="".join(ours.name_formats(client)) or None, requested_authn_context=level,
    )  # fmt: skip
    sent = us.apply_binding(BINDING_HTTP_REDIRECT, str(request), where, relay_state=journey.state)
    return str(dict(sent["headers"])["Location"])
