"""The style sheet of a certificate: whole for the screen; for paper, only the rules that its page needs, one a selector.

xhtml2pdf reads the sheet anew for each document: a rule costs as much as a line of text.
"""

import re
from functools import lru_cache

from markupsafe import Markup

from config import settings

_FILE = settings.ROOT / "templates/certificates/_document.css"
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_SIZE = re.compile(r"\.(?:who|what)-")  #: of the letters of a name, of a title


@lru_cache(maxsize=1)
def on_screen() -> Markup:
    """The style sheet as it is written."""
    return Markup(_FILE.read_text("utf-8"))  # our own file  # nosec B704


@lru_cache(maxsize=128)
def on_paper(density: str, *sizes: str) -> Markup:
    """The rules of ``.paper``, changed by those of ``density``, for a page that holds nothing else.

    ``sizes``: the classes of name and title that this page has, as ``who-xl``.
    """
    found: dict[str, dict[str, str]] = {}
    for selectors, said in _RULE.findall(_COMMENT.sub("", _FILE.read_text("utf-8"))):
        for selector in selectors.split(","):
            scope, *rest = selector.split()
            name = " ".join(rest) or "body"
            if scope in (".paper", f".{density}") and (not _SIZE.match(name) or name[1:] in sizes):
                found.setdefault(name, {}).update(_declarations(said))
    return Markup("\n".join(_rule(selector, said) for selector, said in found.items()))  # our own  # nosec B704


def _declarations(said: str) -> dict[str, str]:
    pairs = (one.partition(":") for one in said.split(";") if one.strip())
    return {name.strip(): value.strip() for name, _colon, value in pairs}


def _rule(selector: str, said: dict[str, str]) -> str:
    return f"{selector} {{ {'; '.join(f'{name}: {value}' for name, value in said.items())} }}"
