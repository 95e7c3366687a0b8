"""Blocks of questions in a lesson, and files of questions."""

from pathlib import Path

import pytest

from lms.courses import front_matter, importer
from lms.courses.fence import Fence, FenceResult
from lms.courses.importer import Unusable

pytestmark = pytest.mark.usefixtures("the_app")


def _read(name: str, text: str = "Vrai ? {T}", head: str = "") -> FenceResult:
    result: FenceResult = Fence.registered[name]().read(text, 5, front_matter.read(head))
    return result


@pytest.mark.parametrize(
    ("name", "pass_mark", "tries", "is_mandatory"),
    [
        ("quiz", 70, 3, True), ("gift", 70, 3, True), ("compréhension", 0, 0, True), ("comprehension", 0, 0, True),
        ("activité", 50, 0, True), ("activité-avancée", 50, 0, False),
    ],
)  # fmt: skip
def test_each_block_asks_what_its_name_says(
    name: str, pass_mark: int, tries: int, is_mandatory: bool
) -> None:
    result = _read(name)
    assert (result.content["pass_mark"], result.content["tries"], result.is_mandatory) == (
        pass_mark,
        tries,
        is_mandatory,
    )
    assert (result.kind, result.questions, result.is_empty) == ("quiz", 1, False)


def test_the_head_of_the_file_has_the_last_word() -> None:
    content = _read("quiz", head="---\npass_mark: 0\ntries: 5\nshuffle: true\nlayout: all\n---\n").content
    assert {name: content[name] for name in ("pass_mark", "tries", "shuffle", "layout")} == {
        "pass_mark": 0, "tries": 5, "shuffle": True, "layout": "all",
    }  # fmt: skip


def test_a_wrong_setting_is_named_and_passed_over() -> None:
    head = front_matter.read("---\ntries: beaucoup\nlayout: deux\n---\n")
    result = Fence.registered["quiz"]().read("Vrai ? {T}", 5, head)
    assert (result.content["tries"], result.content["layout"]) == (3, "one")
    assert [one.line for one in head.problems] == [2, 3]


def test_an_empty_block_is_said() -> None:
    result = _read("quiz", "\n")
    assert (result.is_empty, [one.line for one in result.problems]) == (True, [5])


def test_a_file_of_questions_is_a_course_of_one_quiz(tmp_path: Path) -> None:
    (tmp_path / "02-les_bases.gift").write_text("Vrai ? {T}\n\nCombien ? {#3}\n", "utf-8")
    draft = importer.read(tmp_path / "02-les_bases.gift")
    assert draft.title == "Les bases"
    assert [(one.kind, one.questions) for one in draft.steps] == [("quiz", 1)]
    assert [(one.file, one.line) for one in draft.unread] == [("02-les_bases.gift", 3)]


@pytest.mark.parametrize("content", [b"", b"Racontez {}", "é {T}".encode("latin-1")])
def test_a_file_without_a_question_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.gift").write_bytes(content)
    with pytest.raises(Unusable) as refusal:
        importer.read(tmp_path / "a.gift")
    assert refusal.value.reason


def test_real_files_of_questions_are_taken_or_refused(data: Path) -> None:
    taken = 0
    for path in sorted((data / "questions").iterdir()):
        if path.name.endswith((".gift", ".gift.txt")):
            try:
                taken += bool(importer.read(path).steps)
            except Unusable as refusal:
                assert refusal.reason  # noqa: PT017
    assert taken > 30
