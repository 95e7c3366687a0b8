"""The files that a text speaks of."""

from lms.courses.mentions import Mention, mentions, missing


def test_pictures_and_documents_are_found_with_their_lines() -> None:
    text = "![Un chat](images/chat.png)\nsuite ![](b.png)\n\n- [fiche](fiche.pdf), [suite](02.md), [site](https://x.fr)\n"
    assert mentions(text, "m") == [
        Mention("m/images/chat.png", 0, "Un chat"), Mention("m/b.png", 1), Mention("m/fiche.pdf", 3, "", False),
    ]  # fmt: skip


def test_pictures_in_html_are_found_too() -> None:
    text = "<p>\n<img alt='Un chien' src=\"chien.png\">\n</p>\n\nmot <IMG SRC='a.png'>\n"
    assert mentions(text) == [Mention("chien.png", 1, "Un chien"), Mention("a.png", 4)]


def test_code_speaks_of_nothing() -> None:
    assert mentions("```\n![x](a.png)\n```\n\n`![x](b.png)`") == []


def test_each_absence_has_its_own_sentence() -> None:
    said = {
        missing(Mention("a.png", 0, "mots")), missing(Mention("a.png", 0)), missing(Mention("https://x.fr/a.png", 0)),
        missing(Mention("a.pdf", 0, "", False)), missing(Mention("a.odt", 0, "", False)),
    }  # fmt: skip
    assert len(said) == 5
