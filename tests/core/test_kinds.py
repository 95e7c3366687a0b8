"""Families of plug-ins: a nameless or second kind refuses to start, and a file is all it takes."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lms.core import kinds
from lms.core.kinds import Kind
from lms.core.post import Message


class Shape(Kind):
    """A family of this test."""


class Round(Shape):
    """One of them."""

    name = "round"


def test_a_kind_is_found_by_its_name() -> None:
    assert Shape.registered == {"round": Round}
    assert "round" not in Message.registered


def test_a_nameless_kind_refuses_to_start() -> None:
    with pytest.raises(TypeError, match="Nameless needs a name"):
        type("Nameless", (Shape,), {})


def test_a_second_kind_of_a_name_refuses_to_start() -> None:
    with pytest.raises(TypeError, match="two kinds are called 'round'"):
        type("Other", (Shape,), {"name": "round"})
    with pytest.raises(TypeError, match="two kinds"):
        type("Heir", (Round,), {})
    assert Shape.registered == {"round": Round}


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A room in a folder of its own, with two files of kinds."""
    folder = tmp_path / "a_test_room" / "shapes"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "one.py").write_text("found = 1\n")
    (folder / "two.py").write_text("found = 2\n")
    (folder.parent / "broken.py").write_text("import there_is_no_such_module\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield "a_test_room"
    for name in [name for name in sys.modules if name.startswith("a_test_room")]:
        del sys.modules[name]


def test_every_file_of_a_folder_is_imported(room: str) -> None:
    kinds.gather([room], "shapes")
    assert {f"{room}.shapes.one", f"{room}.shapes.two"} <= set(sys.modules)


def test_a_family_may_be_one_file(room: str) -> None:
    kinds.gather([f"{room}.shapes"], "one")
    assert f"{room}.shapes.one" in sys.modules


def test_a_room_without_the_folder_has_no_such_kinds(room: str) -> None:
    kinds.gather([room], "sounds")


def test_what_is_missing_is_none_and_what_is_broken_is_an_error(room: str) -> None:
    assert kinds.optional(f"{room}.views") is None
    with pytest.raises(ModuleNotFoundError, match="there_is_no_such_module"):
        kinds.optional(f"{room}.broken")
