"""Drawings that cannot act."""

from pathlib import Path

import pytest

from config.settings import ROOT
from lms.courses import svg

_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 30 20">'
)


def _clean(inside: str) -> tuple[str, int]:
    made = svg.clean(f"{_HEAD}{inside}</svg>".encode())
    return made.content.decode(), made.removed


@pytest.mark.parametrize(
    "inside",
    [
        "<script>alert(1)</script>",
        '<foreignObject><body xmlns="http://www.w3.org/1999/xhtml"><b>x</b></body></foreignObject>',
        '<rect width="3" onclick="alert(1)"/>',
        '<image href="https://ailleurs.example/pixel.png"/>',
        '<use xlink:href="https://ailleurs.example/a.svg#b"/>',
        '<a href="javascript:alert(1)"><text>x</text></a>',
        "<style>@import 'https://ailleurs.example/x.css';</style>",
        '<rect style="fill:url(https://ailleurs.example/x)"/>',
        '<rect fill="url(//ailleurs.example/x)"/>',
        '<animate attributeName="href" to="javascript:alert(1)"/>',
        '<image href="data:text/html;base64,PHNjcmlwdD4="/>',
        '<set attributeName="onload" to="x"/>',
    ],
)
def test_what_acts_or_fetches_goes(inside: str) -> None:
    text, removed = _clean(inside)
    assert removed == 1
    for bad in ("script", "foreignObject", "onclick", "ailleurs", "javascript", "onload", "text/html"):
        assert bad not in text


@pytest.mark.parametrize(
    "inside",
    [
        (
            '<defs><linearGradient id="g"><stop offset="1" stop-color="#fff"/></linearGradient></defs>'
            '<rect fill="url(#g)" width="3"/>'
        ),
        '<symbol id="s"><path d="M0 0"/></symbol><use href="#s"/>',
        '<image href="data:image/png;base64,iVBORw0KGgo="/>',
        "<title>Un dessin</title><style>.a{fill:red}</style><rect class='a'/>",
    ],
)
def test_what_only_draws_stays(inside: str) -> None:
    text, removed = _clean(inside)
    assert removed == 0
    assert text.count("<") >= inside.count("<")


def test_the_size_comes_from_the_sides_or_the_box() -> None:
    assert svg.clean(f"{_HEAD}</svg>".encode()).width == 30
    made = svg.clean(
        b'<svg xmlns="http://www.w3.org/2000/svg" width="300px" height="12.4" viewBox="0 0 1 1"/>'
    )
    assert (made.width, made.height) == (300, 12)
    unknown = svg.clean(b'<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="12"/>')
    assert (unknown.width, unknown.height) == (0, 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html/>",
        b"not xml",
        b"<!DOCTYPE svg [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><svg xmlns='http://www.w3.org/2000/svg'>&b;</svg>",
        b"<!DOCTYPE svg [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><svg xmlns='http://www.w3.org/2000/svg'>&x;</svg>",
        b"\xff\xfe\x00",
        b"<?xml version='1.0' encoding='nowhere'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    ],
)
def test_what_is_no_drawing_is_refused(raw: bytes) -> None:
    with pytest.raises(svg.NotSvg):
        svg.clean(raw)


def test_our_own_drawings_lose_nothing() -> None:
    for path in sorted((ROOT / "config/demo/courses").rglob("*.svg")):
        made = svg.clean(Path(path).read_bytes())
        assert made.removed == 0, path
        assert made.width > 0, path
