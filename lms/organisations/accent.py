"""One colour in, three themes out: every pair of text and ground that it makes is measured, and meets 7 to 1.

The high-contrast theme ignores it. Colours are sRGB; contrast is WCAG 2's.
"""

import colorsys
import re
from collections.abc import Callable
from dataclasses import dataclass

TEXT = 7.0  #: contrast of text
#: Grounds on which the accent is written, and inks that are written on its soft tint (see static/css/tokens.css).
_LIGHT_GROUNDS, _LIGHT_INKS = ("#ffffff", "#f6f4ef", "#eceae2"), ("#14242a", "#3f4e55")
_DARK_GROUNDS, _DARK_INKS = ("#0f191d", "#17242a", "#0a1215"), ("#f3f0e8", "#c0cacd")


@dataclass(frozen=True, slots=True)
class Theme:
    """The four values of one theme."""

    accent: str
    hover: str
    soft: str
    on: str

    def css(self) -> str:
        """As declarations."""
        return f"--accent:{self.accent};--accent-hover:{self.hover};--accent-soft:{self.soft};--on-accent:{self.on}"


def is_colour(text: str) -> bool:
    """Whether this is ``#rrggbb``."""
    return re.fullmatch(r"#[0-9a-fA-F]{6}", text) is not None


def url_of(colour: str) -> str:
    """Address of the style sheet of this colour; empty where there is none."""
    return f"/accent/{colour.removeprefix('#')}.css" if colour else ""


def contrast(one: str, other: str) -> float:
    """WCAG's ratio of two colours, 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def readable(colour: str) -> str:
    """This colour if it can be read on our light grounds, else the nearest darker one that can."""
    return _light(colour).accent


def themes(colour: str) -> tuple[Theme, Theme]:
    """The light and the dark theme of this colour."""
    return _light(colour), _dark(colour)


def css(colour: str) -> str:
    """The style sheet of an organisation."""
    light, dark = (theme.css() for theme in themes(colour))
    return (
        f':root:not([data-theme]),[data-theme="light"]{{{light}}}'
        f'@media (prefers-color-scheme:dark){{:root:not([data-theme]){{{dark}}}}}[data-theme="dark"]{{{dark}}}'
    )


def _light(colour: str) -> Theme:
    hue, lightness, colourfulness = _hls(colour)
    soft = _until(
        hue, 0.90, min(colourfulness, 0.5), +0.005, lambda c: all(contrast(c, i) >= TEXT for i in _LIGHT_INKS)
    )
    accent = _until(
        hue,
        lightness,
        colourfulness,
        -0.005,
        lambda c: all(contrast(c, g) >= TEXT for g in (*_LIGHT_GROUNDS, soft)),
    )
    return Theme(accent, _shifted(accent, -0.06), soft, "#ffffff")


def _dark(colour: str) -> Theme:
    hue, lightness, colourfulness = _hls(colour)
    calm = min(colourfulness, 0.65)
    soft = _until(
        hue, 0.16, min(colourfulness, 0.45), -0.005, lambda c: all(contrast(c, i) >= TEXT for i in _DARK_INKS)
    )
    accent = _until(
        hue,
        max(lightness, 0.68),
        calm,
        +0.005,
        lambda c: all(contrast(c, g) >= TEXT for g in (*_DARK_GROUNDS, soft)),
    )
    on = _until(hue, 0.12, calm, -0.005, lambda c: contrast(c, accent) >= TEXT)
    return Theme(accent, _shifted(accent, +0.08), soft, on)


def _until(
    hue: float, lightness: float, colourfulness: float, step: float, good: Callable[[str], bool]
) -> str:
    """The first colour of this hue that is good, going darker or lighter; black or white at the end."""
    while 0.0 < lightness < 1.0:
        colour = _hex(hue, lightness, colourfulness)
        if good(colour):
            return colour
        lightness += step
    return "#000000" if step < 0 else "#ffffff"


def _shifted(colour: str, by: float) -> str:
    hue, lightness, colourfulness = _hls(colour)
    return _hex(hue, min(1.0, max(0.0, lightness + by)), colourfulness)


def _hls(colour: str) -> tuple[float, float, float]:
    red, green, blue = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    return colorsys.rgb_to_hls(red, green, blue)


def _hex(hue: float, lightness: float, colourfulness: float) -> str:
    channels = colorsys.hls_to_rgb(hue, lightness, colourfulness)
    return "#" + "".join(f"{round(255 * one):02x}" for one in channels)


def _luminance(colour: str) -> float:
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
