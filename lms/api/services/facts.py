"""What we understand of a user: of all that an identity system sends, what a person has here."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from email_validator import EmailNotValidError, validate_email

from lms.core.i18n import LANGUAGES
from lms.organisations.models import Role

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
#: What a token may make of people besides learners; administrators and HR managers are named by people.
GIVEN = frozenset({Role.MANAGER, Role.ADVISER, Role.TRAINER, Role.MEDIATOR})
#: What customers call these roles in their own directory.
_CALLED = {
    **{role.value: role for role in GIVEN},
    "formateur": Role.TRAINER,
    "formatrice": Role.TRAINER,
    "responsable": Role.MANAGER,
    "conseiller": Role.ADVISER,
    "conseillère": Role.ADVISER,
    "médiateur": Role.MEDIATOR,
    "médiatrice": Role.MEDIATOR,
}
_LONGEST = 200  #: letters of a name


@dataclass(frozen=True, slots=True)
class Facts:
    """A person as the identity system describes them. None: it says nothing, and what is known here stays."""

    first_name: str
    last_name: str
    email: str | None
    phone: str | None
    hr_number: str | None
    language: str | None
    roles: frozenset[Role]
    is_active: bool


def facts_of(document: dict[str, Any]) -> Facts:
    """Read a user's document, as ``documents.document_of`` made it."""
    first, last = _names(document)
    return Facts(
        first_name=first,
        last_name=last,
        email=_email(document),
        phone=_phone(document),
        hr_number=_line((document.get(ENTERPRISE) or {}).get("employeeNumber")) or None,
        language=_language(document),
        roles=frozenset(_roles(document)),
        is_active=document.get("active") is not False,
    )


def _names(document: dict[str, Any]) -> tuple[str, str]:
    """First and last name; from the name as a whole where they are not told apart, else from what is typed to sign in."""
    name = document.get("name") or {}
    first, last = _line(name.get("givenName")), _line(name.get("familyName"))
    if first or last:
        return first, last
    whole = _line(name.get("formatted")) or _line(document.get("displayName"))
    head, _space, tail = whole.partition(" ")
    return (head, tail) if whole else ("", _line(document.get("userName")))


def _email(document: dict[str, Any]) -> str | None:
    """The address that is the first one, else that of work, else any."""
    for entry in sorted(document.get("emails") or (), key=_rank):
        try:
            found = validate_email(str(entry.get("value") or ""), check_deliverability=False)
        except EmailNotValidError:
            continue
        return found.normalized.casefold()
    return None


def _rank(entry: dict[str, Any]) -> tuple[bool, bool]:
    return not entry.get("primary"), entry.get("type") != "work"


def _phone(document: dict[str, Any]) -> str | None:
    """The number that is the first one, else that of a mobile telephone, else any; as digits."""
    entries = sorted(
        document.get("phoneNumbers") or (),
        key=lambda entry: (not entry.get("primary"), entry.get("type") != "mobile"),
    )
    for entry in entries:
        digits = re.sub(r"[\s.\-/()]", "", str(entry.get("value") or "").removeprefix("tel:"))
        if re.fullmatch(r"\+?[0-9]{8,15}", digits):
            return digits
    return None


def _language(document: dict[str, Any]) -> str | None:
    said = str(document.get("preferredLanguage") or document.get("locale") or "")
    code = re.split(r"[-_,;]", said.strip().lower(), maxsplit=1)[0]
    return code if code in LANGUAGES else None


def _roles(document: dict[str, Any]) -> Iterator[Role]:
    for said in _said(document):
        role = _CALLED.get(said.strip().casefold())
        if role is not None:
            yield role


def _said(document: dict[str, Any]) -> Iterable[str]:
    """Every word that may be a role: Microsoft Entra packs an entry of its own into ``value``, as JSON."""
    yield str(document.get("userType") or "")
    for entry in document.get("roles") or ():
        value = str(entry.get("value") or "")
        if value.startswith("{"):
            try:
                value = str(json.loads(value).get("value") or "")
            except (ValueError, AttributeError):
                continue
        yield value


def _line(said: object) -> str:
    """A text on one line, its spaces folded."""
    return " ".join(str(said or "").split())[:_LONGEST]
