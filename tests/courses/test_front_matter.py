"""The head of a text, and what may be wrong in it, by line."""

from lms.courses import front_matter


def test_yaml_between_dashes_is_taken_off() -> None:
    head = front_matter.read("---\ntitle: Un titre\nminutes: 3\nthemes: [a, b]\n---\nLe texte.\nEncore.")
    assert (head.text("title"), head.number("minutes", 1, 600), head.texts("themes")) == (
        "Un titre",
        3,
        ["a", "b"],
    )
    assert (head.body, head.line, head.problems) == ("Le texte.\nEncore.", 6, [])


def test_a_text_without_a_head_is_all_body() -> None:
    head = front_matter.read("# Bonjour\n\nTexte")
    assert (head.values, head.line) == ({}, 1)
    assert head.body.startswith("# Bonjour")


def test_a_colon_without_quotation_marks_is_named_by_its_line_and_the_text_is_kept() -> None:
    head = front_matter.read("---\nsummary: bien\ntitle: Le courriel: un début\n---\nLe texte.")
    assert [(one.line, head.body) for one in head.problems] == [(3, "Le texte.")]


def test_a_head_that_never_closes_is_said() -> None:
    head = front_matter.read("---\ntitle: x\n\nLe texte.")
    assert head.problems[0].line == 1


def test_wrong_values_are_named_once_by_their_line() -> None:
    head = front_matter.read("---\ntitle: [a]\nminutes: douze\npass_mark: 170\nshuffle: peut-être\n---\n")
    for _twice in range(2):
        head.text("title"), head.number("minutes", 1, 600), head.number("pass_mark", 0, 100)
        assert head.flag("shuffle", False) is False
    assert [one.line for one in head.problems] == [2, 3, 4, 5]
    assert "pass_mark" in head.problems[2].reason


def test_code_in_a_head_is_not_run() -> None:
    head = front_matter.read("---\ntitle: !!python/object/apply:os.getcwd []\n---\nTexte")
    assert head.values == {}
    assert head.problems


def test_a_list_as_a_head_is_refused() -> None:
    assert front_matter.read("---\n- a\n- b\n---\n").problems[0].line == 2


def test_older_headers_are_read_up_to_the_first_other_line() -> None:
    head = front_matter.read("LANGUAGE:   fr\nTITLE:   Les documents\nMENUTITLE: Docs\n\n# Un\n")
    assert (head.is_headers, head.text("title"), head.text("language")) == (True, "Les documents", "fr")
    assert (head.line, head.body) == (4, "\n# Un\n")


def test_a_line_in_capitals_alone_is_no_head() -> None:
    assert front_matter.read("NOTE: ceci est un texte.\n").body == "NOTE: ceci est un texte.\n"
