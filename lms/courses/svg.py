"""Drawings that cannot act: an allow-list of elements and attributes, nothing fetched, nothing run."""

import re
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from xml.etree import ElementTree as ET  # nosec B405: it only writes

from defusedxml import ElementTree as SafeTree
from defusedxml.common import DefusedXmlException

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
XML = "http://www.w3.org/XML/1998/namespace"

_DRAWN = (
    "svg g defs symbol use title desc metadata path rect circle ellipse line polyline polygon text tspan textPath"
    " image marker mask pattern clipPath linearGradient radialGradient stop switch a style"
    " filter feBlend feColorMatrix feComponentTransfer feComposite feDropShadow feFlood feFuncA feFuncB feFuncG"
    " feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset feTile feTurbulence"
)
_SAID = (
    "id class lang role x y x1 x2 y1 y2 dx dy cx cy r rx ry fx fy width height d points pathLength viewBox version"
    " preserveAspectRatio transform gradientTransform patternTransform gradientUnits patternUnits"
    " patternContentUnits clipPathUnits maskUnits maskContentUnits markerUnits markerWidth markerHeight refX refY"
    " orient spreadMethod offset rotate textLength lengthAdjust startOffset method spacing style"
    " fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap stroke-linejoin stroke-dasharray"
    " stroke-dashoffset stroke-miterlimit opacity color display visibility overflow clip-path clip-rule mask filter"
    " marker-start marker-mid marker-end paint-order vector-effect shape-rendering text-rendering image-rendering"
    " color-interpolation color-interpolation-filters flood-color flood-opacity stop-color stop-opacity"
    " font-family font-size font-style font-weight font-variant font-stretch letter-spacing word-spacing"
    " text-anchor text-decoration dominant-baseline alignment-baseline baseline-shift writing-mode direction"
    " in in2 result mode values type tableValues slope intercept amplitude exponent operator k1 k2 k3 k4 stdDeviation"
    " edgeMode radius baseFrequency numOctaves seed stitchTiles filterUnits primitiveUnits"
    " aria-hidden aria-label aria-labelledby aria-describedby"
)
_ELEMENTS, _ATTRIBUTES = frozenset(_DRAWN.split()), frozenset(_SAID.split())
_ELSEWHERE = re.compile(r"url\s*\(\s*['\"]?\s*(?!#)|@import|expression\s*\(|javascript:|\\", re.I)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=\s]+")
_LENGTH = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(?:px)?\s*")

for _prefix, _uri in (("", SVG), ("xlink", XLINK)):
    ET.register_namespace(_prefix, _uri)


class NotSvg(ValueError):
    """The file is no drawing, or one that no honest program makes."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawing made safe: its bytes, its size in pixels (0: unknown), and how many parts were taken out."""

    content: bytes
    width: int
    height: int
    removed: int


def clean(raw: bytes) -> Drawing:
    """Keep what is on the allow-list. Raises ``NotSvg``."""
    try:
        root = SafeTree.fromstring(raw, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise NotSvg(str(error)) from error
    if root.tag not in (f"{{{SVG}}}svg", "svg"):
        raise NotSvg(f"<{root.tag}>")
    removed = _strip(root)
    out = BytesIO()
    ET.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)
    width, height = _size(root)
    return Drawing(out.getvalue(), width, height, removed)


def _strip(root: Any) -> int:
    """Take everything else out, in place; how many parts that were."""
    removed, waiting = 0, [root]
    while waiting:  # no recursion: depth is the author's
        element = waiting.pop()
        removed += _strip_attributes(element)
        for child in list(element):
            if _may_stay(child):
                waiting.append(child)
            else:
                element.remove(child)
                removed += _counts(child)
    return removed


def _may_stay(element: Any) -> bool:
    space, _, name = str(element.tag).rpartition("}")
    if space.lstrip("{") not in ("", SVG) or name not in _ELEMENTS or name == "metadata":
        return False
    return name != "style" or not _ELSEWHERE.search(element.text or "")


def _counts(element: Any) -> int:
    """Whether taking it out is worth a word: what drawing programs leave for themselves is not."""
    space, _, name = str(element.tag).rpartition("}")
    return 1 if space.lstrip("{") in ("", SVG, "http://www.w3.org/1999/xhtml") and name != "metadata" else 0


def _strip_attributes(element: Any) -> int:
    removed = 0
    for name, value in list(element.attrib.items()):
        if not _attribute_may_stay(element, name, value):
            del element.attrib[name]
            removed += not name.startswith("{") or name == f"{{{XLINK}}}href"
    return removed


def _attribute_may_stay(element: Any, name: str, value: str) -> bool:
    if name in ("href", f"{{{XLINK}}}href"):
        inside = value.strip().startswith("#")
        return inside or (str(element.tag).endswith("image") and bool(_PICTURE.fullmatch(value.strip())))
    if name in (f"{{{XML}}}lang", f"{{{XML}}}space"):
        return True
    return name in _ATTRIBUTES and not _ELSEWHERE.search(value)


def _size(root: Any) -> tuple[int, int]:
    sides = [_LENGTH.fullmatch(root.get(side, "")) for side in ("width", "height")]
    if all(sides):
        return tuple(round(float(side[1])) for side in sides if side)  # type: ignore[return-value]
    box = root.get("viewBox", "").replace(",", " ").split()
    try:
        _x, _y, width, height = (float(one) for one in box)
    except ValueError:
        return 0, 0
    return round(width), round(height)
