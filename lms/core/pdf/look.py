"""How a document looks before its own style sheet speaks: the usual style of its elements, and the house's fonts."""

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

_FONTS = Path(__file__).resolve().parents[3] / "static" / "dist" / "fonts"
_REGULAR, _BOLD = _FONTS / "kokoroe-regular.ttf", _FONTS / "kokoroe-bold.ttf"
_TAG = re.compile(r"</?([a-z][\w:]*)", re.IGNORECASE)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TYPE = re.compile(r"[a-z][a-z0-9]*")
#: Elements that are there whether or not they are written.
_IMPLIED: Final = frozenset({"html", "head", "body", "tbody", "tr"})


def default_style(html: str) -> str:
    """The style sheet that comes before the document's own.

    xhtml2pdf reads it anew for each document, so it gets only what is about elements that this document has.
    """
    tags = {tag.replace(":", "").lower() for tag in _TAG.findall(html)}
    return _usual(_IMPLIED | tags) + _family()


@lru_cache(maxsize=64)
def _usual(tags: frozenset[str]) -> str:
    """The rules of xhtml2pdf's own sheet, each without the selectors for elements that are not among these."""
    from xhtml2pdf.default import DEFAULT_CSS

    kept = []
    for selectors, said in _RULE.findall(_COMMENT.sub("", DEFAULT_CSS)):
        wanted = [one.strip() for one in selectors.split(",") if _about(one) in tags]
        if wanted and said.strip():
            kept.append(f"{', '.join(wanted)} {{{said}}}")
    return "\n".join(kept)


def _about(selector: str) -> str:
    """The element that a selector is about: the last of those that it names."""
    found = _TYPE.match(selector.split()[-1])
    return found[0] if found else "html"


@lru_cache(maxsize=1)
def _family() -> str:
    """Our font where it was built, else Helvetica, which every reader has.

    It is read once a process; a document that names it in an ``@font-face`` would have both files read again.
    """
    if not (_REGULAR.is_file() and _BOLD.is_file()):
        return "html { font-family: Helvetica; }"
    from reportlab.pdfbase.pdfmetrics import registerFont, registerFontFamily
    from reportlab.pdfbase.ttfonts import TTFont
    from xhtml2pdf.default import DEFAULT_FONT

    for name, file in (("Kokoroe", _REGULAR), ("Kokoroe-Bold", _BOLD)):
        registerFont(TTFont(name, file))
    registerFontFamily("Kokoroe", "Kokoroe", "Kokoroe-Bold", "Kokoroe", "Kokoroe-Bold")
    DEFAULT_FONT["kokoroe"] = "Kokoroe"  # the families that a style sheet may name
    return "html { font-family: Kokoroe, Helvetica; }"
