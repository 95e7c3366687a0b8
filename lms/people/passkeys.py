"""Passkeys (WebAuthn): what browsers are asked, and whether what they answer is genuine.

Pure but for the settings: the site's name is that of ``LMS_BASE_URL``. The cryptography is the library's (py_webauthn),
which is imported where it is used: it is slow to load, and most processes never need it.
"""

import hmac
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from config import settings
from lms.core.sealing import fingerprint
from lms.people.authenticator import ISSUER
from lms.people.keyed import keyed

PATIENCE = 10 * 60  #: seconds between the question and the answer


class NotGenuine(Exception):
    """Not an answer to a question of ours, or not signed by the key that it names."""


@dataclass(frozen=True, slots=True)
class Site:
    """Who asks: browsers keep a passkey for one name, and answer one origin."""

    name: str  #: the relying party's id: a host name
    origin: str


@dataclass(frozen=True, slots=True)
class Made:
    """A new passkey, as its device described it; both texts are base64url."""

    credential: str
    public_key: str
    sign_count: int


@dataclass(frozen=True, slots=True)
class Signed:
    """A passkey signed what it was asked."""

    credential: str
    sign_count: int  #: what it counts now
    challenge_hash: str  #: fingerprint of the question, which is spent by it


def site() -> Site | None:
    """This installation; None where no browser keeps passkeys for it: a bare address, or a name without https."""
    parts = urlsplit(settings.current().base_url)
    host = parts.hostname or ""
    if not host or _is_address(host) or not (parts.scheme == "https" or host == "localhost"):
        return None
    return Site(host, f"{parts.scheme}://{parts.netloc}")


def new_challenge(browser: str) -> bytes:
    """A question for this browser; nothing has to be remembered to know it again."""
    head = f"{int(time.time())}.{secrets.token_urlsafe(16)}"
    return f"{head}.{_seal_of(head, browser)}".encode()


def to_make(account_id: int, name: str, challenge: bytes, known: Sequence[str]) -> str:
    """What a browser is asked to make a passkey of its own by, as JSON; ``known``: credentials the account has."""
    import webauthn
    from webauthn.helpers.structs import (
        AuthenticatorSelectionCriteria,
        PublicKeyCredentialDescriptor,
        ResidentKeyRequirement,
        UserVerificationRequirement,
    )

    asked = webauthn.generate_registration_options(
        rp_id=_site().name,
        rp_name=ISSUER,
        user_id=handle_of(account_id),
        user_name=name,
        challenge=challenge,
        exclude_credentials=[
            PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known
        ],
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return webauthn.options_to_json(asked)


def to_use(challenge: bytes, known: Sequence[str] = ()) -> str:
    """What a browser is asked to sign with a passkey by, as JSON; without ``known`` the person chooses, and types no name."""
    import webauthn
    from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

    asked = webauthn.generate_authentication_options(
        rp_id=_site().name,
        challenge=challenge,
        allow_credentials=[
            PublicKeyCredentialDescriptor(id=webauthn.base64url_to_bytes(one)) for one in known
        ],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return webauthn.options_to_json(asked)


def made(text: str, browser: str) -> Made:
    """The passkey that a browser has made. Raises ``NotGenuine``."""
    import webauthn
    from webauthn.helpers import bytes_to_base64url, parse_registration_credential_json

    try:
        said = parse_registration_credential_json(text)
        found = webauthn.verify_registration_response(
            credential=said,
            expected_challenge=_ours(said.response.client_data_json, browser),
            expected_rp_id=_site().name,
            expected_origin=_site().origin,
            require_user_verification=True,
        )
    except Exception as error:  # whatever a browser sends: the library has a dozen kinds of refusal
        raise NotGenuine from error
    return Made(
        bytes_to_base64url(found.credential_id),
        bytes_to_base64url(found.credential_public_key),
        found.sign_count,
    )


def credential_in(text: str) -> str:
    """Which passkey an answer says that it is of. Raises ``NotGenuine``."""
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json

    try:
        return bytes_to_base64url(parse_authentication_credential_json(text).raw_id)
    except Exception as error:  # as above
        raise NotGenuine from error


def used(text: str, browser: str, account_id: int, public_key: str, sign_count: int) -> Signed:
    """What a passkey of this account signed. Raises ``NotGenuine``.

    ``public_key`` and ``sign_count`` are what is known of it; a count that does not grow is a copy's.
    """
    import webauthn
    from webauthn.helpers import bytes_to_base64url, parse_authentication_credential_json

    try:
        said = parse_authentication_credential_json(text)
        challenge = _ours(said.response.client_data_json, browser)
        found = webauthn.verify_authentication_response(
            credential=said,
            expected_challenge=challenge,
            expected_rp_id=_site().name,
            expected_origin=_site().origin,
            credential_public_key=webauthn.base64url_to_bytes(public_key),
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except Exception as error:  # as above
        raise NotGenuine from error
    handle = said.response.user_handle
    if handle and not hmac.compare_digest(handle, handle_of(account_id)):
        raise NotGenuine
    mark = fingerprint(challenge.decode("ascii"))
    return Signed(bytes_to_base64url(found.credential_id), found.new_sign_count, mark)


def handle_of(account_id: int) -> bytes:
    """What devices keep in place of a name: it tells nobody who it is."""
    return bytes.fromhex(keyed("passkey-handle", str(account_id)))


def _ours(client_data: bytes, browser: str) -> bytes:
    """The challenge in an answer, if it is one that this browser was given lately. Raises ``NotGenuine``."""
    from webauthn.helpers import parse_client_data_json

    challenge = parse_client_data_json(client_data).challenge
    head, _dot, seal = challenge.decode("ascii").rpartition(".")
    asked_at = int(head.partition(".")[0])
    is_ours = hmac.compare_digest(seal, _seal_of(head, browser))
    if not browser or not is_ours or not 0 <= time.time() - asked_at <= PATIENCE:
        raise NotGenuine
    return challenge


def _seal_of(head: str, browser: str) -> str:
    return keyed("passkey-challenge", f"{head}\0{browser}")[:32]


def _site() -> Site:
    found = site()
    if found is None:
        raise NotGenuine
    return found


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
