"""A step of the setup is done once, and again when what it was made from, or what it made, has changed."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from config import steps

Do = Callable[[], int]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(steps, "ROOT", tmp_path)
    monkeypatch.setattr(steps, "STAMPS", tmp_path / "stamps")
    source = tmp_path / "source"
    source.write_text("one")
    return source


def _step(source: Path, status: int = 0) -> int:
    """Do a step that makes ``made``; how often it was really done."""
    done: list[int] = []

    def act() -> subprocess.CompletedProcess[str]:
        done.append(1)
        (source.parent / "made").touch()
        return subprocess.CompletedProcess(["the", "command"], status, "its last words")

    steps.step("a", "A step", [source], ["made"], act)
    return len(done)


def test_nothing_is_done_twice(source: Path) -> None:
    assert [_step(source), _step(source)] == [1, 0]


def test_it_is_done_again_when_its_source_changes(source: Path) -> None:
    _step(source)
    source.write_text("two")
    assert [_step(source), _step(source)] == [1, 0]


def test_it_is_done_again_when_somebody_took_away_what_it_made(source: Path) -> None:
    _step(source)
    (source.parent / "made").unlink()
    assert _step(source) == 1


def test_a_failure_tells_the_command_and_its_words_and_is_tried_again(source: Path) -> None:
    with pytest.raises(steps.SetupError, match=r"the command\nits last words"):
        _step(source, status=3)
    assert _step(source) == 1


def test_a_file_that_moves_within_the_inputs_changes_the_digest(source: Path) -> None:
    before = steps.digest_of([source])
    source.rename(source.with_name("other"))
    assert len({before, steps.digest_of([source]), steps.digest_of([source.with_name("other")])}) == 3


def test_a_program_that_is_not_there_is_a_status_and_no_crash() -> None:
    assert steps.run(["no-such-program-anywhere"]).returncode == 127


def test_a_program_gets_no_keyboard_and_a_home_it_can_write(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "absent"))
    said = steps.run(["sh", "-c", 'cat; echo "$HOME"']).stdout.strip()
    assert said
    assert said != str(tmp_path / "absent")
