"""Before a document's own style sheet comes a short one; it looks as it did with the whole."""

import base64
import io
from typing import Any

import pypdf
import pytest

from lms.core.pdf import PdfFailed, look, render, worker

RICH = """
<h2>Titre</h2><p>Un <strong>mot</strong> <em>penché</em>, <a href="https://example.org">un lien</a>, <code>x = 1</code>.</p>
<ul><li>un<ul><li>dedans</li></ul></li></ul><ol><li>deux</li></ol>
<table><thead><tr><th>Nom</th></tr></thead><tr><td>Zoé</td></tr></table>
<blockquote>cité</blockquote><pre>a  b</pre><p><small>petit</small><br>la suite</p><pdf:toc/>
"""


def drawn(html: str) -> tuple[list[bytes], dict[str, Any]]:
    """What is drawn on each page, and the fonts of the first."""
    message = {"html": html, "title": "t", "language": "fr", "keywords": [], "images": {}}
    reader = pypdf.PdfReader(io.BytesIO(base64.b64decode(worker._draw(message)["pdf"])))
    pages: list[Any] = [page.get_contents() for page in reader.pages]
    first: Any = reader.pages[0]
    return [page.get_data() for page in pages], first["/Resources"]["/Font"]


def test_only_what_the_document_has_is_styled() -> None:
    style = look.default_style("<h1>Titre</h1><p>un<br>deux</p>")
    told = {one.strip() for rule in style.split("}") for one in rule.partition("{")[0].split(",")}
    assert told - {""} == {"html", "body", "h1", "p", "tr"}
    assert "pdftoc.pdftoclevel1 {" in look.default_style("<pdf:toc/>")
    assert "ul ul {" in look.default_style("<UL><li>x</li></UL>")


def test_it_looks_as_with_the_whole_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    from xhtml2pdf.default import DEFAULT_CSS

    short, _fonts = drawn(RICH)
    monkeypatch.setattr(look, "_usual", lambda _tags: DEFAULT_CSS)
    assert drawn(RICH)[0] == short


def test_the_house_s_fonts_are_embedded_and_no_document_may_read_them() -> None:
    if not look._REGULAR.is_file():
        pytest.skip("the fonts are not built")
    for _ in range(2):  # the second document finds them read
        _pages, fonts = drawn("<p>Un <b>mot</b></p>")
        embedded = [font for one in fonts.values() if "/ToUnicode" in (font := one.get_object())]
        names = sorted(font["/BaseFont"].partition("+")[2] for font in embedded)
        assert names == ["KokoroeSans-Bold", "KokoroeSans-Regular"]
    face = f"<style>@font-face {{ font-family: a; src: url('{look._REGULAR}') }} p {{ font-family: a }}</style><p>x</p>"
    with pytest.raises(PdfFailed, match="nothing is fetched"):
        render(face, title="t", language="fr")
