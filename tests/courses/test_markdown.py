"""Markdown to HTML: safe, accessible, light."""

from xml.etree import ElementTree as ET

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses import markdown

FILES = {"images/a.svg": [40, 20, "abcd1234"], "doc.pdf": [0, 0, "ffff0000"]}


def _html(text: str, folder: str = "") -> str:
    return str(markdown.to_html(text, "cours", FILES, folder))


def test_headings_begin_at_h2_and_skip_no_level() -> None:
    html = _html("# Un\n\n### Trois\n\n# Deux\n")
    assert html.count("<h2>") == 2
    assert "<h3>Trois</h3>" in html
    assert "<h2>Seul</h2>" in _html("#### Seul")


def test_a_picture_has_its_address_size_and_words() -> None:
    html = _html("![Une *belle* vue](images/a.svg)")
    assert 'src="/courses/cours/media/images/a.svg?v=abcd1234"' in html
    assert 'alt="Une belle vue"' in html
    assert 'loading="lazy"' in html
    assert 'width="40"' in html
    assert 'height="20"' in html


def test_a_picture_is_found_from_the_folder_of_its_text() -> None:
    assert "/media/images/a.svg" in _html("![x](../images/a.svg)", "un")
    assert "/media/images/a.svg" in _html("![x](./images/a.svg)")
    assert "/media/images/a.svg" in _html("![x](/images/a.svg)", "un")
    assert "<img" not in _html("![x](images/a.svg)", "un")


def test_a_missing_or_foreign_picture_leaves_its_words() -> None:
    assert _html("![Un chat](chat.png)") == "<p><em>Un chat</em></p>\n"
    assert _html("![Un chat](https://ailleurs.example/chat.png)") == "<p><em>Un chat</em></p>\n"
    assert _html('<img src="chat.png" alt="Un chat">') == "<em>Un chat</em>"
    assert _html('<p><img src="chat.png" alt=""></p>') == "<p></p>"


def test_raw_pictures_get_an_alternative() -> None:
    assert 'alt=""' in _html('<p><img src="images/a.svg"></p>')


def test_tables_are_regions_with_scoped_headings() -> None:
    html = _html("| a | b |\n|---|---|\n| 1 | 2 |\n\n| c |\n|---|\n| 3 |\n")
    assert html.count('<th scope="col">') == 3
    assert html.count('class="scroll" tabindex="0" role="region"') == 2
    assert html.count("</table></div>") == 2


def test_links_outside_tell_nobody_and_links_to_nothing_are_words() -> None:
    assert '<a href="https://exemple.fr" rel="noopener noreferrer">x</a>' in _html("[x](https://exemple.fr)")
    assert "/courses/cours/media/doc.pdf?v=ffff0000" in _html("[x](doc.pdf)")
    for target in ("#ancre", "02-suite.md", "absent.pdf", "//ailleurs.example", "ftp://x"):
        assert _html(f"[mot]({target})") == "<p>mot</p>\n", target


def test_the_braces_of_other_tools_are_left_out() -> None:
    html = _html("[Vidéo](https://exemple.fr/v){: .cours_video }\n\nUn `{: code }` reste.")
    assert "cours_video" not in html
    assert "{: code }" in html


def test_containers_of_other_tools_leave_their_text() -> None:
    html = _html("::: tip Bon à savoir\nLe texte.\n:::\n")
    assert ":::" not in html
    assert "<strong>Bon à savoir</strong>" in html
    assert "Le texte." in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "<iframe src='https://x.example'></iframe>",
        "<style>*{display:none}</style>",
        "<svg onload=alert(1)></svg>",
        "<form action='https://x.example'><input name=a></form>",
        "<p style='position:fixed' class='sr' id='content'>x</p>",
        "<base href='https://x.example'>",
        "<div data-opens='idle'>x</div>",
        "![x](javascript:alert(1))",
        "<math><mtext><script>alert(1)</script></mtext></math>",
        "<h1>Un autre titre</h1>",
    ],
)
def test_nothing_that_acts_gets_through(text: str) -> None:
    html = _html(text).lower()
    for bad in ("<script", "onerror", 'href="javascript', "<iframe", "<style", "onload", "<form", "<input", "style=",
                "class=", "id=", "<base", "data-", "<h1", "<svg"):  # fmt: skip
        assert bad not in html


@given(st.text(max_size=200))
def test_any_text_becomes_a_fragment_that_nests(text: str) -> None:
    html = str(markdown.to_html(text, "cours", {}))
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    fragment = parser.parseFragment(html)
    assert all(
        isinstance(one.tag, str) and one.tag not in ("script", "h1", "form") for one in fragment.iter()
    )
    assert ET.tostring(fragment)


def test_a_short_text_has_words_and_code_only() -> None:
    assert str(markdown.to_inline("un **mot** `a<b>` [lien](https://x.fr)")) == (
        "un <strong>mot</strong> <code>a&lt;b&gt;</code> lien"
    )


@pytest.mark.parametrize(
    ("target", "folder", "name"),
    [
        ("images/a%20b.png", "", "images/a b.png"),
        ("../../etc/passwd", "un", ""),
        ("../a.png", "un", "a.png"),
        ("https://x.fr/a.png", "", ""),
        ("data:image/png;base64,xx", "", ""),
        ("#x", "", ""),
        ("http://[bad", "", ""),
        ("e\u0301t\u00e9.png", "", "\u00e9t\u00e9.png"),
    ],
)
def test_names_stay_inside_the_course(target: str, folder: str, name: str) -> None:
    assert markdown.resolve(target, folder) == name
