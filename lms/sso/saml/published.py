"""What a provider publishes: its name, the address where people sign in, and the certificates of its signatures."""

import base64
import binascii
from datetime import UTC, datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from lms.core.clock import now
from lms.sso import wire
from lms.sso.faults import ProviderAway
from lms.sso.profile import Client
from lms.sso.saml import program, shape
from lms.sso.saml.reading import Tree, Unreadable, name_of, read, text_in

_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata"
_NAMES = {"m": _METADATA, "d": shape.DSIG}
_REDIRECT = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect"
_ACCEPT = "application/samlmetadata+xml, application/xml, text/xml"
_SHORTEST = 2048  #: bits of an RSA key


def discover(client: Client) -> dict[str, Any]:
    """``{"metadata": {"issuer", "authorization_endpoint"}, "certificates": [base64...], "good_until": ISO 8601}``.

    From the address, else from what was pasted. Raises ``ProviderAway``.
    """
    program.path()
    where = client.options.get("address", "")
    document = wire.get(where, accept=_ACCEPT).content if where else client.options.get("pasted", "").encode()
    return described(document, client.issuer or client.options.get("entity", ""))


def described(document: bytes, wanted: str = "") -> dict[str, Any]:
    """The same from the document itself; ``wanted``: the provider's name where several may stand there. Raises ``ProviderAway``."""
    try:
        root = read(document)
    except Unreadable as error:
        raise ProviderAway(error.code, error.detail) from error
    entity = _chosen(root, wanted)
    _still_good(root, entity)
    role = _role(entity)
    certificates = _certificates(role)
    return {
        "metadata": {"issuer": entity.get("entityID", ""), "authorization_endpoint": _way_in(role)},
        "certificates": [base64.b64encode(der).decode() for der, _end in certificates],
        "good_until": max(end for _der, end in certificates).isoformat(),
    }


def _chosen(root: Tree, wanted: str) -> Tree:
    """The provider of this name; the only one where none is named."""
    if root.tag not in (f"{{{_METADATA}}}EntityDescriptor", f"{{{_METADATA}}}EntitiesDescriptor"):
        raise ProviderAway("no_metadata", name_of(root))
    all_ = [root] if name_of(root) == "EntityDescriptor" else root.findall(".//m:EntityDescriptor", _NAMES)
    found = [one for one in all_ if one.find("m:IDPSSODescriptor", _NAMES) is not None]
    if not found:
        raise ProviderAway("no_provider", ", ".join(one.get("entityID", "") for one in all_))
    named = [one for one in found if one.get("entityID") == wanted] if wanted else found
    said = ", ".join(one.get("entityID", "") for one in found)
    if not named:
        raise ProviderAway("other_issuer", said)
    if len(named) > 1:
        raise ProviderAway("several", said)
    if not 1 <= len(named[0].get("entityID", "")) <= 1024:
        raise ProviderAway("no_provider")
    return named[0]


def _still_good(*elements: Tree) -> None:
    for one in elements:
        said = one.get("validUntil")
        try:
            until = datetime.fromisoformat(said) if said else None
        except ValueError as error:
            raise ProviderAway("no_metadata", f"validUntil {said}") from error
        if until is not None and until.replace(tzinfo=until.tzinfo or UTC) < now():
            raise ProviderAway("outdated", str(said))


def _role(entity: Tree) -> Tree:
    roles = entity.findall("m:IDPSSODescriptor", _NAMES)
    spoken = [one for one in roles if shape.PROTOCOL in one.get("protocolSupportEnumeration", "").split()]
    if not spoken:
        raise ProviderAway("no_provider", entity.get("entityID", ""))
    if spoken[0].get("WantAuthnRequestsSigned") in ("true", "1"):
        raise ProviderAway("wants_signed")
    return spoken[0]


def _way_in(role: Tree) -> str:
    offered = role.findall("m:SingleSignOnService", _NAMES)
    places = [one.get("Location", "") for one in offered if one.get("Binding") == _REDIRECT]
    if not places:
        raise ProviderAway("lacks", "SingleSignOnService HTTP-Redirect")
    if not wire.is_encrypted(places[0]):
        raise ProviderAway("unsafe", f"SingleSignOnService {places[0]}")
    return places[0]


def _certificates(role: Tree) -> list[tuple[bytes, datetime]]:
    """Those of its signatures: DER, and until when. A key that is too short is none."""
    keys = [one for one in role.findall("m:KeyDescriptor", _NAMES) if one.get("use") in (None, "signing")]
    written = [text_in(cert) for key in keys for cert in key.findall(".//d:X509Certificate", _NAMES)]
    found = [one for one in map(_certificate, dict.fromkeys(written)) if one is not None]
    if not found:
        raise ProviderAway("no_certificate", f"{len(written)}")
    return found


def _certificate(written: str) -> tuple[bytes, datetime] | None:
    try:
        der = base64.b64decode("".join(written.split()), validate=True)
        known = x509.load_der_x509_certificate(der)
        key = known.public_key()
    except (binascii.Error, ValueError, TypeError):
        return None
    strong = isinstance(key, EllipticCurvePublicKey) or (
        isinstance(key, RSAPublicKey) and key.key_size >= _SHORTEST
    )
    return (der, known.not_valid_after_utc) if strong else None
