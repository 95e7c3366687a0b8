"""One file to its steps."""

import lms.app
from lms.core import i18n
from lms.courses import lessons
from lms.courses.importer import FileDraft
from lms.courses.lessons import Lesson
from tests.courses.folders import QUIZ

lms.app.load_rooms()  # fences and kinds of every room

LONG = "Un texte de plusieurs mots. " * 20


def _read(text: str, name: str = "01-lire.md", files: dict[str, FileDraft] | None = None) -> Lesson:
    return lessons.read(text, name, files or {})


def _steps(text: str, name: str = "01-lire.md") -> list[tuple[str, str, str]]:
    return [(one.key, one.kind, one.title) for one in _read(text, name).steps]


def _check(title: str) -> str:
    """How a quiz in a lesson is called, in the language spoken now."""
    return i18n.gettext("Check: %(title)s", title=title)


def test_the_title_is_the_front_matters_else_the_first_heading_else_the_files_name() -> None:
    assert _read("---\ntitle: A\n---\n# B\n\nTexte").title == "A"
    assert _read("# **B** et *c*\n\nTexte").title == "B et c"
    assert _read("Texte", "un/02_lire-un_message.md").title == "Lire un message"
    assert _read("Texte", "les-donnees/README.md").title == "Les donnees"


def test_a_heading_that_is_the_title_leaves_the_text() -> None:
    assert _read("# B\n\nTexte").steps[0].content["markdown"] == "Texte"
    assert _read("---\ntitle: b\n---\n# B\n\nTexte").steps[0].content["markdown"] == "Texte"
    assert _read("---\ntitle: A\n---\n# B\n\nTexte").steps[0].content["markdown"].startswith("# B")
    assert _read("B\n=\n\nTexte").steps[0].content["markdown"] == "Texte"


def test_spaces_that_must_not_break_are_kept() -> None:
    assert _read("# Que faire\u00a0?\n\nTexte").title == "Que faire\u00a0?"
    assert _read("---\ntitle: Que  faire\u00a0?\n---\nTexte").title == "Que faire\u00a0?"


def test_minutes_are_said_or_counted() -> None:
    assert _read("---\nminutes: 7\n---\nTexte").steps[0].minutes == 7
    assert _read("mot " * 301).steps[0].minutes == 3
    assert _read("mot").steps[0].minutes == 1


def test_the_plain_version_goes_with_its_page() -> None:
    (step,) = _read("# T\n\nLe texte.\n\n```simple\nPlus court.\n```\n").steps
    assert (step.content["markdown"], step.content["simple"]) == ("Le texte.", "Plus court.")


def test_a_quiz_in_a_lesson_is_a_step_after_it_and_the_text_goes_on() -> None:
    text = f"# T\n\n{LONG}\n\n```quiz\n{QUIZ}```\n\n## Suite\n\n{LONG}\n\n~~~gift\n{QUIZ}~~~\n"
    assert [(key, kind) for key, kind, _ in _steps(text)] == [
        ("01-lire", "page"), ("01-lire#1", "quiz"), ("01-lire+suite", "page"), ("01-lire#2", "quiz"),
    ]  # fmt: skip


def test_a_mere_sentence_after_a_quiz_stays_with_the_page() -> None:
    (page, quiz) = _read(f"# T\n\n{LONG}\n\n```quiz\n{QUIZ}```\n\nBravo !\n").steps
    assert page.content["markdown"].endswith("Bravo !")
    assert quiz.questions == 2


def test_a_file_of_questions_is_a_quiz() -> None:
    assert _steps(f"# Le point\n\n```quiz\n{QUIZ}```\n") == [("01-lire", "quiz", "Le point")]


def test_a_file_that_says_so_is_a_quiz_with_an_introduction() -> None:
    (step,) = _read(
        f"---\ntitle: Le point\nkind: quiz\n---\nPrenez votre temps.\n\n```quiz\n{QUIZ}```\n"
    ).steps
    assert (step.key, step.kind, step.content["intro"]) == ("01-lire", "quiz", "Prenez votre temps.")


def test_a_kind_that_is_not_there_is_said() -> None:
    lesson = _read("---\nkind: film\n---\nTexte")
    assert [one.line for one in lesson.unread] == [2]
    assert lesson.steps[0].kind == "page"
    assert _read("---\nkind: quiz\n---\nTexte").unread[0].line == 2


def test_other_fences_are_code_and_fences_in_lists_are_the_authors() -> None:
    (step,) = _read("# T\n\n```html\n<b>x</b>\n```\n\n- a\n\n  ```simple\n  x\n  ```\n").steps
    assert "```html" in step.content["markdown"]
    assert "simple" not in step.content


def test_a_fence_that_never_closes_is_said_and_read() -> None:
    lesson = _read(f"# T\n\n{LONG}\n\n```quiz\n{QUIZ}")
    assert [one.line for one in lesson.unread] == [5]
    assert lesson.steps[-1].questions == 2


def test_what_a_quiz_cannot_ask_is_named_by_its_line() -> None:
    lesson = _read("# T\n\nTexte.\n\n```quiz\n::Combien::Combien ? {#3}\n\nVrai ? {T}\n```\n")
    (unread,) = lesson.unread
    assert (unread.file, unread.line) == ("01-lire.md", 6)
    assert i18n.gettext("This is a numeric question: such questions are not asked yet.") in unread.reason
    assert "Combien" in unread.reason


def test_a_quiz_without_any_question_that_can_be_asked_is_no_step() -> None:
    assert [kind for _, kind, _ in _steps("# T\n\nTexte.\n\n```quiz\nDites-moi {}\n```\n")] == ["page"]
    lesson = _read("# T\n\nTexte.\n\n```quiz\n\n```\n")
    assert [one.line for one in lesson.unread] == [6]


def test_missing_pictures_are_named_with_their_words() -> None:
    lesson = _read(
        "# T\n\nVoici\n![Un chat roux](chat.png)\net <img src='chien.png' alt=''>\n\n[doc](absent.pdf)\n"
    )
    assert [one.line for one in lesson.unread] == [4, 5, 7]
    assert "chat.png" in lesson.unread[0].reason
    assert "Un chat roux" in lesson.unread[0].reason
    assert "absent.pdf" in lesson.unread[2].reason


def test_pictures_that_are_there_go_with_the_page() -> None:
    files = {"m/a.png": FileDraft("m/a.png", "image/png", "0123456789abcdef", 3, width=4, height=5)}
    lesson = _read("# T\n\n![x](a.png)\n", "m/01.md", files)
    assert lesson.unread == []
    assert lesson.steps[0].content["files"] == {"m/a.png": [4, 5, "01234567"]}
    assert lesson.steps[0].content["folder"] == "m"


def test_a_whole_module_in_one_file_is_cut_at_its_main_headings() -> None:
    text = (
        f"LANGUAGE: fr\nTITLE: Les documents\n\n<!-- une note -->\n\n# Un\n\n{LONG}\n\n```compréhension\n{QUIZ}```\n"
        f"\n# Deux\n\n{LONG}\n\n```activité-avancée\n{QUIZ}```\n"
    )
    lesson = _read(text, "documents.md")
    assert [(one.key, one.title, one.is_mandatory) for one in lesson.steps] == [
        ("documents+un", "Un", True), ("documents#1", _check("Un"), True),
        ("documents+deux", "Deux", True), ("documents#2", _check("Deux"), False),
    ]  # fmt: skip
    assert {one.module for one in lesson.steps} == {"documents"}
    assert lesson.steps[1].content["pass_mark"] == 0


def test_headings_alike_have_keys_of_their_own() -> None:
    text = f"TITLE: T\n\n# Un\n\n{LONG}\n\n# Un\n\n{LONG}\n"
    assert [key for key, _, _ in _steps(text, "t.md")] == ["t+un", "t+un-2"]


def test_an_optional_lesson_is_one() -> None:
    assert _read("---\nmandatory: false\n---\nTexte").steps[0].is_mandatory is False
