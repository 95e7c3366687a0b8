"""Who came back with an answer: its shape, its signature, and every word that binds it to us, to now and to this very sign-on."""

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

from lms.core.clock import now
from lms.core.i18n import gettext as _
from lms.sso.arrival import Arrival
from lms.sso.faults import NotBelieved
from lms.sso.profile import Client, Journey, Profile
from lms.sso.saml import ours
from lms.sso.saml.reading import LARGEST, Tree, Unreadable, read_strictly, text_in
from lms.sso.saml.shape import ASSERTION, NAMES, Shaped, shaped

_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_LONGEST = 255  #: letters of a number of a person
_OLDEST = timedelta(hours=12)  #: since somebody typed their password over there
_OURS = ("sub", "acr", "amr")  #: what no attribute may say


def arrival(
    client: Client, profile: Profile, discovered: dict[str, Any], journey: Journey, answer: str
) -> Arrival:
    """Who came back with ``answer`` (base64, as a form brings it). Raises ``ProviderAway`` or ``NotBelieved``."""
    document = _decoded(answer)
    try:
        found = shaped(read_strictly(document))
    except Unreadable as error:
        raise _words_for(error) from error
    _verified(client, discovered, journey, found, document)
    _hold(client, journey, found)
    level = _level(client, profile, found.assertion)
    claims = {name: values for name, values in attributes(found.assertion).items() if name not in _OURS}
    subject = _subject(client, claims, found.assertion)
    end = _instant(found.assertion, "a:Conditions", "NotOnOrAfter")
    return Arrival(claims | {"sub": subject, "acr": level}, "", found.assertion.get("ID", ""), end)


def attributes(assertion: Tree) -> dict[str, list[str]]:
    """What is said of the person, by the attribute's name and, where nothing else is called so, by its friendly name."""
    named: dict[str, list[str]] = {}
    friendly: dict[str, list[str]] = {}
    for one in assertion.findall("a:AttributeStatement/a:Attribute", NAMES):
        values = [text for value in one.findall("a:AttributeValue", NAMES) if (text := text_in(value))]
        named.setdefault(one.get("Name", ""), []).extend(values)
        friendly.setdefault(one.get("FriendlyName", ""), []).extend(values)
    return {name: values for name, values in (friendly | named).items() if name}


def _decoded(answer: str) -> bytes:
    if len(answer) > LARGEST * 4 // 3:
        raise NotBelieved("too_large")
    try:
        return base64.b64decode("".join(answer.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotBelieved("not_xml") from error


def _words_for(error: Unreadable) -> NotBelieved:
    """What people are told: what the provider itself refused is nothing that was forged."""
    if error.code == "denied":
        told = _("You stopped before the end, or your organisation said no.")
        return NotBelieved("denied", error.detail, told, _("Nothing was changed. You can start again."))
    if error.code == "provider":
        told = _("Your organisation's sign-in reported a fault.")
        return NotBelieved("provider", error.detail, told, _("Try again in a few minutes."))
    return NotBelieved(error.code, error.detail)


def _verified(
    client: Client, discovered: dict[str, Any], journey: Journey, found: Shaped, document: bytes
) -> None:
    """Signatures by the certificates that the provider publishes, and the library's own look at all the rest."""
    from saml2 import BINDING_HTTP_POST
    from saml2.sigver import SigverError

    us = ours.talking_to(client, discovered)
    issuer = str(discovered["metadata"]["issuer"])
    for one in (found.response, found.assertion):
        _is("issuer", text_in(one.find("a:Issuer", NAMES)), issuer, or_none=one is found.response)
    try:
        answer = us.parse_authn_request_response(
            base64.b64encode(document).decode(), BINDING_HTTP_POST,
            outstanding={journey.nonce: "/"}, conv_info={"entity_id": client.callback},
        )  # fmt: skip
    except SigverError as error:
        raise NotBelieved("signature") from error
    except Exception as error:
        _hold(client, journey, found)
        raise NotBelieved("claims", type(error).__name__) from error
    read = answer.assertion if answer is not None else None
    if read is None or read.id != found.assertion.get("ID") or len(answer.assertions) != 1:
        _hold(client, journey, found)
        raise NotBelieved("claims")


def _hold(client: Client, journey: Journey, found: Shaped) -> None:
    """Each word of the standard's web profile that binds an assertion; what is missing does not hold."""
    response, assertion = found.response, found.assertion
    _is("recipient", response.get("Destination", ""), client.callback, or_none=True)
    _is("nonce", response.get("InResponseTo", ""), journey.nonce)
    audiences = assertion.findall("a:Conditions/a:AudienceRestriction", NAMES)
    said = [[text_in(one) for one in group.findall("a:Audience", NAMES)] for group in audiences]
    if not said or not all(client.client_id in group for group in said):
        raise NotBelieved("audience", " ".join(text for group in said for text in group))
    _lasts(assertion.findall("a:Conditions", NAMES), needed=("NotOnOrAfter",))
    confirmed = [
        one.find("a:SubjectConfirmationData", NAMES)
        for one in assertion.findall("a:Subject/a:SubjectConfirmation", NAMES)
        if one.get("Method") == _BEARER
    ]
    if len(confirmed) != 1 or confirmed[0] is None:
        raise NotBelieved("claims", "SubjectConfirmation")
    _is("recipient", confirmed[0].get("Recipient", ""), client.callback)
    _is("nonce", confirmed[0].get("InResponseTo", ""), journey.nonce)
    _lasts(confirmed, needed=("NotOnOrAfter",))
    _signed_in_lately(assertion)


def _is(code: str, said: str, expected: str, *, or_none: bool = False) -> None:
    if said != expected and not (or_none and not said):
        raise NotBelieved(code, "" if code == "nonce" else said)


def _lasts(elements: list[Any], needed: tuple[str, ...]) -> None:
    """Neither over nor yet to come; for how long is said by the provider."""
    skew = timedelta(seconds=ours.SKEW)
    if len(elements) != 1:
        raise NotBelieved("claims", "Conditions")
    for one in elements:
        begin, end = _moment(one.get("NotBefore")), _moment(one.get("NotOnOrAfter"))
        if end is None and "NotOnOrAfter" in needed:
            raise NotBelieved("claims", "NotOnOrAfter")
        if end is not None and end + skew <= now():
            raise NotBelieved("expired", str(one.get("NotOnOrAfter")))
        if begin is not None and begin - skew > now():
            raise NotBelieved("future", str(one.get("NotBefore")))


def _signed_in_lately(assertion: Tree) -> None:
    """Somebody signed in over there: not for ever ago, and their session lasts."""
    statements = assertion.findall("a:AuthnStatement", NAMES)
    at = _moment(statements[0].get("AuthnInstant")) if len(statements) == 1 else None
    if at is None:
        raise NotBelieved("claims", "AuthnStatement")
    skew, end = timedelta(seconds=ours.SKEW), _moment(statements[0].get("SessionNotOnOrAfter"))
    if at - skew > now():
        raise NotBelieved("future", "AuthnInstant")
    if at + _OLDEST < now() or (end is not None and end + skew <= now()):
        raise NotBelieved("expired", "AuthnInstant")


def _level(client: Client, profile: Profile, assertion: Tree) -> str:
    path = f"a:AuthnStatement/a:AuthnContext/{{{ASSERTION}}}AuthnContextClassRef"
    level = text_in(assertion.find(path, NAMES))
    if (accepted := profile.accepted(client)) and level not in accepted:
        raise NotBelieved("level", level)
    return level


def _subject(client: Client, claims: dict[str, list[str]], assertion: Tree) -> str:
    """Their number over there: what the customer named, else a name that the provider promises to keep for them."""
    if attribute := client.options.get("subject"):
        found = claims.get(attribute, [])
        if len(found) != 1:
            raise NotBelieved("no_number", attribute)
        subject = found[0]
    else:
        name = assertion.find("a:Subject/a:NameID", NAMES)
        said = "" if name is None else name.get("Format", "")
        if said != ours.PERSISTENT:
            raise NotBelieved("name_format", said)
        subject = text_in(name)
    if not 1 <= len(subject) <= _LONGEST or not subject.isprintable():
        raise NotBelieved("claims", "NameID")
    return subject


def _instant(assertion: Tree, where: str, name: str) -> datetime | None:
    found = assertion.find(where, NAMES)
    return None if found is None else _moment(found.get(name))


def _moment(said: str | None) -> datetime | None:
    """A moment as XML writes it; one without a zone is UTC. None: there is none. Raises ``NotBelieved``."""
    if not said:
        return None
    try:
        found = datetime.fromisoformat(said)
    except ValueError as error:
        raise NotBelieved("claims", said) from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
