"""XML from outside: measured first, without a document type, and read the same way by both parsers that will see it."""

from typing import TypeAlias
from xml.etree.ElementTree import (  # nosec B405  (defusedxml reads first; what is read here has no DTD)
    Element,
    ParseError,
    TreeBuilder,
    canonicalize,
)

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser
from lxml import etree

Tree: TypeAlias = Element
LARGEST = 256 * 1024  #: bytes of one document
_DEEPEST, _MOST = 40, 4000  #: levels, and elements


class Unreadable(Exception):
    """No document that we take; ``code`` is one of ``sso.faults``."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code, self.detail = code, detail
        super().__init__(code)


def read(document: bytes) -> Tree:
    """The root of a document, its comments and processing instructions among its elements. Raises ``Unreadable``."""
    if len(document) > LARGEST:
        raise Unreadable("too_large")
    _only_utf8(document)
    try:
        parser = DefusedXMLParser(
            target=TreeBuilder(insert_comments=True, insert_pis=True),
            forbid_dtd=True, forbid_entities=True, forbid_external=True,
        )  # fmt: skip
        parser.feed(document)
        root: Tree = parser.close()
    except DefusedXmlException as error:
        raise Unreadable("doctype") from error
    except (ParseError, ValueError) as error:
        raise Unreadable("not_xml") from error
    _measured(root)
    return root


def read_strictly(document: bytes) -> Tree:
    """The same for what was signed: nothing that canonical XML drops, and nothing that two parsers read in two ways."""
    root = read(document)
    if not all(
        isinstance(one.tag, str) for one in root.iter()
    ):  # comments and instructions have a function there
        raise Unreadable("comment")
    text = document.decode()
    try:
        theirs = etree.canonicalize(text)  # libxml2, on which xmlsec1 stands
        ours = canonicalize(text)  # expat, on which pysaml2 stands
    except (etree.LxmlError, ParseError, ValueError) as error:
        raise Unreadable("not_xml") from error
    if theirs != ours:
        raise Unreadable("two_ways")
    return root


def name_of(element: Tree) -> str:
    """The name of an element without its namespace."""
    return str(element.tag).rpartition("}")[2]


def text_in(element: Tree | None) -> str:
    """The text of an element that holds nothing else, without the space around it."""
    return "" if element is None or len(element) else (element.text or "").strip()


def _only_utf8(document: bytes) -> None:
    """What says that it is written otherwise could be read otherwise by somebody."""
    try:
        head = document.decode("utf-8")[:200]
    except UnicodeDecodeError as error:
        raise Unreadable("not_xml", "UTF-8") from error
    declared = head.lstrip("\ufeff").partition("?>")[0] if head.lstrip("\ufeff").startswith("<?xml") else ""
    if "encoding" in declared and "utf-8" not in declared.casefold():
        raise Unreadable("not_xml", "UTF-8")


def _measured(root: Tree) -> None:
    """Neither deeper nor wider than what a provider says; level by level, so that a deep one costs no stack."""
    level, depth, count = [root], 0, 0
    while level:
        depth, count = depth + 1, count + len(level)
        if depth > _DEEPEST or count > _MOST:
            raise Unreadable("too_large")
        level = [child for one in level for child in one]
