"""GIFT, read as Moodle reads it."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessment import gift
from lms.assessment.gift import Question
from lms.core.i18n import gettext as _

KINDS = {"MC": ("single", "multiple"), "Short": ("short",), "TF": ("boolean",)}


def _one(text: str) -> Question:
    reading = gift.read(text)
    assert reading.problems == []
    (question,) = reading.questions
    return question


def _options(text: str) -> list[tuple[str, float, str]]:
    return [(one["text"], one["fraction"], one["feedback"]) for one in _one(text)["options"]]


def test_one_right_answer() -> None:
    question = _one("::Titre:: Qui ? {~Alix#Non. =Sacha#Oui. ~Camille ####Sacha.}")
    assert (question["key"], question["title"], question["kind"]) == ("titre", "Titre", "single")
    assert (question["text"], question["feedback"]) == ("Qui ?", "Sacha.")
    assert [(one["key"], one["text"], one["fraction"], one["feedback"]) for one in question["options"]] == [
        ("1", "Alix", 0, "Non."), ("2", "Sacha", 100, "Oui."), ("3", "Camille", 0, ""),
    ]  # fmt: skip


def test_weights_make_ticks_or_half_an_answer() -> None:
    assert _one("Q {~%50%a ~%50%b ~%-100%c}")["kind"] == "multiple"
    assert _options("Q {~%33.33333%a ~%33,33333%b ~%33.33333%c ~d}")[1][1] == 33.33333
    assert _one("Q {~%50%a =b}")["kind"] == "single"
    assert _options("Q {~%50%a =b}") == [("a", 50, ""), ("b", 100, "")]


def test_true_or_false_says_the_wrong_ones_feedback_first() -> None:
    for said, right in (
        ("T", "true"),
        ("TRUE", "true"),
        ("F", "false"),
        ("FALSE", "false"),
        ("true", "true"),
    ):
        options = {one["key"]: one for one in _one(f"Q {{{said}#raté#bravo}}")["options"]}
        wrong = "false" if right == "true" else "true"
        assert (options[right]["fraction"], options[right]["feedback"]) == (100, "bravo")
        assert (options[wrong]["fraction"], options[wrong]["feedback"]) == (0, "raté")


def test_short_answers() -> None:
    answers = _one("Q {=Nazareth#Oui =%75%Nazereth#Presque =%0%*#Non}")["answers"]
    assert [(one["text"], one["fraction"], one["feedback"]) for one in answers] == [
        ("Nazareth", 100, "Oui"), ("Nazereth", 75, "Presque"), ("*", 0, "Non"),
    ]  # fmt: skip
    assert _one("Le chiffre 1 ? {Un}")["answers"][0]["text"] == "Un"


def test_a_missing_word_leaves_a_gap() -> None:
    assert _one("Elle {~a =est} partie.")["text"] == "Elle _____ partie."
    assert _one("{=L’Asie} est un continent.")["text"] == "_____ est un continent."
    assert _one("Qui ? {=a ~b}.")["text"] == "Qui ?"


def test_escapes_lose_their_backslash() -> None:
    question = _one(r"::a\:\:b:: 2 \= 2 \{x\} \\ fin\ntrois {=\~ \# \=#vu \: \} ~b}")
    assert question["title"] == "a::b"
    assert question["text"] == "2 = 2 {x} \\ fin\ntrois"
    assert (question["options"][0]["text"], question["options"][0]["feedback"]) == ("~ # =", "vu : }")


def test_formats_are_the_questions_unless_said() -> None:
    question = _one("[html]<b>Q</b> {=[plain]a#[markdown]*b* ~c}")
    assert question["format"] == "html"
    assert [one.get("format") for one in question["options"]] == ["plain", None]
    assert question["options"][0]["feedback_format"] == "markdown"


def test_comments_categories_and_blank_lines() -> None:
    text = "// rien\n$CATEGORY: x/y\n\n// avant\nUn ? {T}\n\n\nDeux\n// au milieu\nsuite ? {\n=a\n\n~b\n}\n\nTrois ? {F}"
    reading = gift.read(text)
    assert [one["text"] for one in reading.questions] == ["Un ?", "Deux suite ?", "Trois ?"]
    assert reading.problems == []


def test_an_old_way_to_mark_the_right_answer() -> None:
    assert [one[1] for one in _options("Q {~a ~=b}")] == [0, 100]


def test_spaces_that_must_not_break_are_kept() -> None:
    question = _one("::Un\u00a0:: Le signe @\u00a0? {=« a\u00a0»#Oui\u00a0! ~b}")
    assert question["text"] == "Le signe @\u00a0?"
    assert question["options"][0]["feedback"] == "Oui\u00a0!"


def test_keys_are_the_titles_and_never_twice() -> None:
    reading = gift.read("::Q1:: a {T}\n\n::Q1:: b {T}\n\nc {T}\n\n::Été:: d {T}")
    assert [one["key"] for one in reading.questions] == ["q1", "q1-2", "q3", "ete"]


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Combien ? {#3}", "numeric"), ("Combien ? {#=3:1 =%50%4:1}", "numeric"),
        ("Associez {=a -> b =c -> d}", "matching"), ("Racontez {}", "essay"), ("Racontez {####merci}", "essay"),
        ("Lisez ceci.", "description"),
    ],
)  # fmt: skip
def test_what_is_not_asked_is_named_by_kind_and_line(text: str, word: str) -> None:
    reading = gift.read(f"\n\n::Nom:: {text}\n\nVrai ? {{T}}", line=10)
    (problem,) = reading.problems
    assert problem.line == 12
    assert problem.reason == _("“%(title)s”: %(reason)s", title="Nom", reason=gift._NOT_ASKED[word])
    assert len(reading.questions) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Q {~a ~b}", "Q {=%0%a}", "Q {~%abc%a =b}", "Q {~%150%a =b}", "Q {~%50a =b}", "Q {=a ~b", "{T}", "Q {x =a}",
        "Q {~%100%a}",
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_line(text: str) -> None:
    reading = gift.read(f"Vrai ? {{T}}\n\n{text}\n")
    assert [one.line for one in reading.problems] == [3]
    assert len(reading.questions) == 1


def test_braces_that_never_close_do_not_swallow_the_next_question() -> None:
    reading = gift.read("::Un:: a {=b\n\n::Deux:: c {T}")
    assert [one.line for one in reading.problems] == [1]
    assert [one["key"] for one in reading.questions] == ["deux"]


@given(st.text(alphabet=st.sampled_from(list("ab :~=#{}%\\\n\n/>-T\u0301é50[]*$\ue003")), max_size=120))
def test_any_text_is_read_and_every_question_can_be_answered(text: str) -> None:
    reading = gift.read(text)
    lines = text.count("\n") + 1
    assert all(1 <= one.line <= lines and one.reason for one in reading.problems)
    for question in reading.questions:
        assert question["text"].strip()
        assert max(one["fraction"] for one in question["options"] + question["answers"]) > 0
    keys = [one["key"] for one in reading.questions]
    assert len(set(keys)) == len(keys)
    assert json.loads(json.dumps(reading.questions)) == reading.questions


def _expected(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.with_suffix(".json").read_text("utf-8"))
    return [one for one in found if one["type"] in KINDS]


def test_the_files_of_another_reader_are_read_alike(data: Path) -> None:
    paths = [
        path
        for path in sorted((data / "questions").glob("peg_*.gift"))
        if path.with_suffix(".json").is_file()
    ]
    assert len(paths) > 40
    for path in paths:
        reading = gift.read(path.read_text("utf-8"))
        expected = _expected(path)
        assert len(reading.questions) == len(expected), path.name
        for ours, theirs in zip(reading.questions, expected, strict=True):
            assert ours["kind"] in KINDS[theirs["type"]], path.name
            if theirs["type"] == "TF":
                right = next(one["key"] for one in ours["options"] if one["fraction"])
                assert (right == "true") == theirs["isTrue"], path.name
            else:
                count = len(ours["options"] or ours["answers"])
                assert count == len(theirs["choices"]), path.name


@pytest.mark.parametrize(
    ("name", "kinds", "left_out"),
    [
        ("representation.gift", {"boolean": 10, "single": 4, "multiple": 4}, 42),
        ("traitements.gift", {"boolean": 8, "multiple": 3, "single": 3}, 14),
        ("autresQuestions.gift", {}, 7),
        ("moodle_questions.gift.txt", {"boolean": 3, "single": 1, "multiple": 1, "short": 1}, 3),
    ],
)
def test_real_questions_are_counted(data: Path, name: str, kinds: dict[str, int], left_out: int) -> None:
    reading = gift.read((data / "questions" / name).read_text("utf-8"))
    assert Counter(one["kind"] for one in reading.questions) == kinds
    assert len(reading.problems) == left_out
