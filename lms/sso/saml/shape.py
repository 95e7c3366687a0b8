"""The shape of an answer, before any signature is looked at: one answer, one assertion, and what is signed is all of it.

Signature wrapping lives on documents in which what was signed and what is read are two things. Here there is one assertion in
the whole document, in one place, under a number that nothing else bears, and its signature names it.
"""

from dataclasses import dataclass

from lms.sso.saml.reading import Tree, Unreadable, name_of

PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol"
ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion"
DSIG = "http://www.w3.org/2000/09/xmldsig#"
NAMES = {"p": PROTOCOL, "a": ASSERTION, "d": DSIG}
_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
#: What may be signed with: nothing that rests on SHA-1 or MD5, and nothing that shares a secret.
SIGNATURES = {
    *(f"{_MORE}{key}-sha{bits}" for key in ("rsa", "ecdsa") for bits in (256, 384, 512)),
    *(f"http://www.w3.org/2007/05/xmldsig-more#sha{bits}-rsa-MGF1" for bits in (256, 384, 512)),
}
DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256",
    "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "http://www.w3.org/2001/04/xmlenc#sha512",
}
_EXCLUSIVE = {
    "http://www.w3.org/2001/10/xml-exc-c14n#",
    "http://www.w3.org/2001/10/xml-exc-c14n#WithComments",
}
_TRANSFORMS = {f"{DSIG}enveloped-signature", *_EXCLUSIVE}
_CANONICAL = {*_EXCLUSIVE, "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"}
_NUMBERS = {"id", "assertionid", "responseid", "requestid"}
_SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"


@dataclass(frozen=True, slots=True)
class Shaped:
    """An answer of the right shape; nothing in it is believed yet."""

    response: Tree
    assertion: Tree


def shaped(root: Tree) -> Shaped:
    """The answer and its one assertion. Raises ``Unreadable``."""
    if root.tag != f"{{{PROTOCOL}}}Response":
        raise Unreadable("no_answer", name_of(root))
    _successful(root)
    names = [name_of(one) for one in root.iter()]
    if any(name.startswith("Encrypted") for name in names):
        raise Unreadable("encrypted_saml")
    if names.count("Assertion") == 0:
        raise Unreadable("no_token")
    found = root.findall("a:Assertion", NAMES)
    if names.count("Assertion") != 1 or names.count("Response") != 1 or len(found) != 1:
        raise Unreadable("wrapped")
    _numbered_once(root)
    _signed(root, found[0])
    return Shaped(root, found[0])


def _successful(root: Tree) -> None:
    """Whether the provider says that all went well; its own codes otherwise, the more precise one last."""
    codes = [one.get("Value", "") for one in root.findall("p:Status//p:StatusCode", NAMES)]
    if not codes or codes[0] != _SUCCESS:
        message = root.findtext("p:Status/p:StatusMessage", "", NAMES)
        said = " ".join([*(code.rpartition(":")[2] for code in codes), message])
        raise Unreadable("denied" if "AuthnFailed" in said or "RequestDenied" in said else "provider", said)


def _numbered_once(root: Tree) -> None:
    """No number stands twice: whoever follows a reference comes to one place only."""
    seen: set[str] = set()
    for one in root.iter():
        for name, value in one.attrib.items():
            if name.rpartition("}")[2].casefold() in _NUMBERS:
                if value in seen:
                    raise Unreadable("wrapped")
                seen.add(value)


def _signed(root: Tree, assertion: Tree) -> None:
    """The assertion is signed, the answer may be; no signature stands elsewhere."""
    signatures = {id(one) for one in root.iter() if name_of(one) == "Signature"}
    for parent in (root, assertion):
        for one in parent.findall("d:Signature", NAMES):
            signatures.discard(id(one))
            _signs(one, parent)
    if signatures or any(len(parent.findall("d:Signature", NAMES)) > 1 for parent in (root, assertion)):
        raise Unreadable("wrapped")
    if assertion.find("d:Signature", NAMES) is None:
        raise Unreadable("unsigned")


def _signs(signature: Tree, parent: Tree) -> None:
    """This signature is about its parent as a whole, and made in a way that nobody can forge."""
    references = signature.findall("d:SignedInfo/d:Reference", NAMES)
    counted = [
        sum(name_of(one) == name for one in signature.iter())
        for name in ("SignedInfo", "Reference", "Object")
    ]
    number = parent.get("ID", "")
    if counted != [1, 1, 0] or len(references) != 1 or not number or references[0].get("URI") != f"#{number}":
        raise Unreadable("wrapped")
    _made_with(signature, "d:SignedInfo/d:SignatureMethod", SIGNATURES)
    _made_with(signature, "d:SignedInfo/d:Reference/d:DigestMethod", DIGESTS)
    _made_with(signature, "d:SignedInfo/d:CanonicalizationMethod", _CANONICAL)
    transforms = [one.get("Algorithm") for one in references[0].findall("d:Transforms/d:Transform", NAMES)]
    if not set(transforms) <= _TRANSFORMS or f"{DSIG}enveloped-signature" not in transforms:
        raise Unreadable("wrapped")


def _made_with(signature: Tree, where: str, allowed: set[str]) -> None:
    said = [one.get("Algorithm", "") for one in signature.findall(where, NAMES)]
    if len(said) != 1 or said[0] not in allowed:
        raise Unreadable("weak", said[0] if said else "")
