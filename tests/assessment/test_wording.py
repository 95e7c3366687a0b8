"""Texts of questions as HTML."""

import pytest

from lms.assessment import wording


@pytest.mark.parametrize(
    ("text", "form", "html"),
    [
        ("a < b & c", "", "a &lt; b &amp; c"), ("la balise <title>", "", "la balise &lt;title&gt;"),
        ("du <b>gras</b>", "", "du <b>gras</b>"), ("un\ndeux", "", "un<br>deux"),
        ("du <b>gras</b>", "plain", "du &lt;b&gt;gras&lt;/b&gt;"), ("du **gras**", "markdown", "du <strong>gras</strong>"),
        ("5*3*2", "", "5*3*2"), ("<p>un</p>", "html", "un"), ('<a href="https://x.fr">x</a>', "html", "x"),
        ("<script>alert(1)</script>x", "html", "x"), ("<img src=x onerror=a()>x", "moodle", "&lt;img src=x onerror=a()&gt;x"),
    ],
)  # fmt: skip
def test_answers_are_words(text: str, form: str, html: str) -> None:
    assert str(wording.short(text, form)) == html


def test_explanations_may_have_paragraphs_and_links() -> None:
    assert "<li>" in wording.long("Voici :\n\n- un\n- deux", "markdown")
    assert 'rel="noopener noreferrer"' in wording.long('<a href="https://x.fr">x</a>', "html")
    assert wording.long("un\ndeux <b>", "plain") == "un<br>deux &lt;b&gt;"


@pytest.mark.parametrize(
    ("text", "form", "lead", "more"),
    [
        ("Quoi ?", "", "Quoi ?", ""), ("**Quoi** ?", "markdown", "<strong>Quoi</strong> ?", ""),
        ("Quoi ?\n\n- a", "markdown", "Quoi ?", "<ul>"), ("<p>Quoi ?</p><pre>x</pre>", "html", "Quoi ?", "<pre>"),
        ("<pre>x</pre>", "html", "", "<pre>"), ("un <b>mot</b>", "html", "un <b>mot</b>", ""),
    ],
)  # fmt: skip
def test_a_question_is_its_first_paragraph_and_the_rest(text: str, form: str, lead: str, more: str) -> None:
    found = wording.question(text, form)
    assert str(found[0]) == lead
    assert more in str(found[1])
    assert bool(more) == bool(found[1])
