"""How a kind of provider wants to be spoken to. The standard leaves much open; each profile says what holds for its own.

A profile is one file in ``providers/``, found by a folder scan. It knows no database and no request.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, ClassVar
from urllib.parse import urlencode

from lms.core.i18n import lazy
from lms.core.kinds import Kind
from lms.organisations.models import Role

Metadata = dict[str, Any]
#: What a token may be signed with where nobody said more: never ``none``, and nothing that shares a secret.
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
#: Our fields that a provider's claims may fill.
FIELDS: dict[str, Any] = {
    "first_name": lazy("First name"),
    "last_name": lazy("Last name"),
    "email": lazy("E-mail"),
    "phone": lazy("Telephone"),
    "birth_date": lazy("Date of birth"),
    "hr_number": lazy("Staff number"),
    "agency_identifier": lazy("Number at the employment agency"),
    "unit": lazy("SIRET or SAFIR of the unit"),
}


class Language(enum.Enum):
    """What a provider speaks."""

    OPENID = "openid"
    SAML = "saml"


class Userinfo(enum.Enum):
    """How the userinfo endpoint answers."""

    EITHER = "either"  # JSON, or a signed token
    SIGNED = "signed"  # a signed token; plain JSON would be a forgery
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Journey:
    """One sign-on under way: what the browser's cookie keeps until it comes back.

    ``state`` is what the browser brings back, ``nonce`` what the provider repeats in what it signs.
    """

    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Client:
    """We, as one provider knows us. ``secret`` is empty for a public client; by SAML, ``client_id`` is our entity ID.

    ``issuer`` is the provider's own name; empty while only its metadata was given and not yet read.
    """

    issuer: str
    client_id: str
    secret: str
    scopes: str
    callback: str
    levels: tuple[str, ...] = ()
    algorithm: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    private_keys: str = ""  #: a JWK set as JSON


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that only one kind of provider has."""

    name: str
    label: Any
    default: str
    help: Any = ""


class Profile(Kind):
    """A family of ways to speak OpenID Connect, or SAML."""

    name: ClassVar[str] = ""
    #: What people call it, and what an administrator should know before they begin; lazy texts.
    label: ClassVar[Any]
    about: ClassVar[Any]
    language: ClassVar[Language] = Language.OPENID
    #: Where it is: what the address is for, and the issuer. Empty: each customer has its own.
    addresses: ClassVar[tuple[tuple[Any, str], ...]] = ()
    scopes: ClassVar[str] = "openid profile email"
    uses_pkce: ClassVar[bool] = True
    needs_secret: ClassVar[bool] = True
    #: How we prove who we are at the token endpoint, the best first.
    auth_methods: ClassVar[tuple[str, ...]] = ("client_secret_basic", "client_secret_post")
    algorithms: ClassVar[tuple[str, ...]] = ASYMMETRIC
    #: Levels of assurance that an administrator may ask for: value, and what it means.
    levels: ClassVar[tuple[tuple[str, Any], ...]] = ()
    must_name_a_level: ClassVar[bool] = False
    #: Whether tokens may be signed with the client's secret, where an administrator says so.
    may_share_secret: ClassVar[bool] = True
    userinfo: ClassVar[Userinfo] = Userinfo.EITHER
    #: Whether userinfo is encrypted for a key of ours.
    encrypts: ClassVar[bool] = False
    options: ClassVar[tuple[Option, ...]] = ()
    #: Our field -> their claims, the first that is there; ``a.b`` is b inside of a.
    claims: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "first_name": ("given_name",),
        "last_name": ("family_name", "name"),
        "email": ("email",),
        "phone": ("phone_number",),
    }
    #: Fields that the provider has checked against a register: nobody corrects them here.
    certified: ClassVar[tuple[str, ...]] = ()
    #: It vouches for citizens, not for staff: no page of the team is opened by it.
    is_for_learners: ClassVar[bool] = False
    #: It vouches for people whom the organisation never chose: a newcomer must be of one of its units or domains.
    asks_for_belonging: ClassVar[bool] = False
    #: It gives an address only once its owner has confirmed it.
    confirms_addresses: ClassVar[bool] = False
    #: What its ``acr`` or ``amr`` usually says of two factors; empty: nobody of the team comes by it.
    two_factors: ClassVar[tuple[str, ...]] = ()
    #: It may be the very directory that an organisation connects by SCIM.
    may_be_directory: ClassVar[bool] = False
    #: What newcomers may become.
    roles: ClassVar[tuple[Role, ...]] = (
        Role.LEARNER, Role.PARTNER, Role.TRAINER, Role.MEDIATOR, Role.ADVISER, Role.MANAGER, Role.HR_MANAGER,
    )  # fmt: skip
    #: Whether our number is said when somebody leaves.
    names_us_at_the_end: ClassVar[bool] = True
    #: What its own error codes mean: code -> (what is wrong, what to do).
    troubles: ClassVar[Mapping[str, tuple[Any, Any]]] = MappingProxyType({})

    @property
    def signatures(self) -> tuple[str, ...]:
        """What an administrator may choose from."""
        return (*self.algorithms, "HS256") if self.may_share_secret else self.algorithms

    def metadata(self, _client: Client) -> Metadata | None:
        """Its addresses, where it publishes none; None: they are read from it."""
        return None

    def asks(self, _client: Client, _journey: Journey) -> dict[str, str]:
        """What is asked at the authorization endpoint besides what the standard wants."""
        return {}

    def accepted(self, client: Client) -> tuple[str, ...]:
        """Levels of assurance that are enough; empty: any is."""
        return client.levels

    def said(self, claims: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
        """Our fields from their claims; ``ours`` is what the customer said that differs. A field that is not there is empty."""
        found = {}
        for name in FIELDS:
            paths = (str(ours[name]),) if ours.get(name) else self.claims.get(name, ())
            found[name] = next(filter(None, (text_of(claims, path) for path in paths)), "")
        return found

    def way_out(self, metadata: Metadata, client: Client, hint: str, state: str, back: str) -> str:
        """Where the browser ends its session over there and comes back from; empty: nowhere."""
        where = str(metadata.get("end_session_endpoint") or "")
        if not where:
            return ""
        asked = {"id_token_hint": hint, "post_logout_redirect_uri": back, "state": state}
        if self.names_us_at_the_end:
            asked["client_id"] = client.client_id
        return joined(where, asked)


def profile_of(name: str) -> Profile:
    """The profile of this name; the general one where an old name is known no more."""
    kind: type[Profile] = Profile.registered.get(name) or Profile.registered["openid"]
    return kind()


def joined(where: str, asked: Mapping[str, str]) -> str:
    """An address with these arguments, after those that it has."""
    return f"{where}{'&' if '?' in where else '?'}{urlencode(asked)}"


def spelled(name: str) -> str:
    """``DUBOIS`` is Dubois, as one writes it; a name that has small letters stays as it is."""
    return name.title() if name.isupper() else name


def text_of(claims: Mapping[str, Any], path: str) -> str:
    """The text at ``a.b``; of a list its first. Empty: there is none. A number is taken as it is written."""
    found: Any = claims
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    if isinstance(found, list):
        found = found[0] if found else None
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    return plain(found) if isinstance(found, str) else ""


def plain(text: str, most: int = 200) -> str:
    """What a provider wrote, as a row or a page can hold it: one line, nothing unprintable, not too long."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[: 2 * most]).split())[:most]
