"""What the browser fetches: hashed files of ``static/dist/`` and the icons a page uses.

``config.assets`` builds them. Here they are served, compressed and for ever, and templates name them:
``asset("app.css")``, ``icon("check")``, and ``icon_sheet()`` once, at the end of the layout.
"""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, g, has_app_context
from markupsafe import Markup
from whitenoise import WhiteNoise

from lms.core import headers

DIST = Path(__file__).parents[2] / "static/dist"
_HASHED = re.compile(r"\.[0-9a-f]{8}\.\w+(\.gz)?$")


class AssetsNotBuilt(RuntimeError):
    """``static/dist/`` is missing or older than the code that asks."""


class UnknownAsset(LookupError):
    """A template asks for a file or an icon that the build does not make."""


def init_app(app: Flask) -> None:
    """Serve ``static/dist/`` under ``/static/`` and give templates its names."""
    files = WhiteNoise(
        app.wsgi_app,
        immutable_file_test=_is_hashed,
        allow_all_origins=False,
        add_headers_function=headers.on_file,
    )
    if DIST.is_dir():
        files.add_files(str(DIST), prefix="static/")
    app.wsgi_app = files  # type: ignore[method-assign]
    app.jinja_env.globals.update(
        asset=asset, assets_built=assets_built, icon=icon, icon_sheet=icon_sheet, mark=mark
    )


def asset(name: str) -> str:
    """The address of a served file: ``/static/app.1a2b3c4d.css``."""
    try:
        return f"/static/{_names()[name]}"
    except KeyError:
        raise UnknownAsset(f"No asset is called {name!r}. Is it under static/?") from None


def assets_built() -> bool:
    """Whether there is anything to serve; error pages and ``flask doctor`` ask."""
    return (DIST / "manifest.json").is_file()


def font(name: str) -> Path:
    """The TrueType file that PDFs embed: ``regular`` or ``bold``."""
    path = DIST / f"fonts/kokoroe-{name}.ttf"
    if not path.is_file():
        raise AssetsNotBuilt(_SENTENCE)
    return path


def icon(name: str) -> Markup:
    """An icon, which always stands beside a word. Its strokes come with ``icon_sheet()``."""
    strokes = _strokes(name)
    if not has_app_context():  # a mail or a PDF has no sheet: the icon carries its own strokes
        return Markup('<svg class="i" viewBox="0 0 24 24" aria-hidden="true">{}</svg>').format(
            Markup(strokes)  # our own icons  # nosec B704
        )
    g.setdefault("icons", set()).add(name)
    return _pointer(name)


def icon_sheet() -> Markup:
    """The strokes of the icons this page has used so far."""
    names = sorted(g.pop("icons", set()))
    if not names:
        return Markup()
    symbols = (f'<symbol id="i-{n}" viewBox="0 0 24 24">{_strokes(n)}</symbol>' for n in names)
    return Markup(
        f'<svg class="icons" width="0" height="0" aria-hidden="true">{"".join(symbols)}</svg>'
    )  # joined from escaped parts  # nosec B704


def mark() -> Markup:
    """The product's mark: two stitches, a bowl of thread, a stitch."""
    return _MARK


_SENTENCE = (
    "The assets are not built. Run `make setup`, or `npm ci --ignore-scripts` and `python -m config.assets`."
)
_MARK = Markup(
    '<svg viewBox="0 0 32 32" aria-hidden="true"><path d="M7.6 14.2 4.4 20"/><path d="M12 11.5c0 9 1.2 14 8.3 14'
    ' 4 0 6-1.6 6-6"/><path class="w" d="m16.2 5.6 2.7 5"/><path class="w" d="m24.4 10.4 3.3 5.2"/></svg>'
)


def _is_hashed(_path: str, url: str) -> bool:
    return _HASHED.search(url) is not None


@lru_cache(maxsize=512)
def _pointer(name: str) -> Markup:
    return Markup('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>').format(name)


def _strokes(name: str) -> str:
    try:
        return _icons()[name]
    except KeyError:
        raise UnknownAsset(
            f"No icon is called {name!r}. Add it to static/icons.txt and build again."
        ) from None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return dict(_read("manifest.json")["files"])


@lru_cache(maxsize=1)
def _icons() -> dict[str, str]:
    return _read("icons.json")


def _read(name: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((DIST / name).read_text("utf-8"))
    except FileNotFoundError:
        raise AssetsNotBuilt(_SENTENCE) from None
    return found
