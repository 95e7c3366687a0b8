"""``flask courses``: what scripts rely on."""

import json
from pathlib import Path
from typing import Any

from flask import Flask

from lms.core import db
from lms.courses import queries
from tests.courses import folders
from tests.support.worlds import World


def _run(app: Flask, *arguments: str) -> tuple[int, Any, str]:
    """Exit status, the JSON on standard output, the words on standard error."""
    result = app.test_cli_runner().invoke(args=["courses", *arguments])
    out = result.stdout.strip()
    return result.exit_code, json.loads(out) if out.startswith("{") else out, result.stderr


def test_an_import_prints_what_interface_promises(app: Flask, world: World, tmp_path: Path) -> None:
    root = folders.course(tmp_path / "c")
    folders.write(root, {"3-image.md": "# Image\n\n![Un chat](chat.png)\n"})
    status, said, words = _run(app, "import", str(root), "--organisation", "reseau-1", "--json")
    assert (status, set(said)) == (0, {"course", "modules", "activities", "questions", "unread"})
    assert {name: said[name] for name in ("course", "modules", "activities", "questions")} == {
        "course": "le-courriel", "modules": 1, "activities": 4, "questions": 2,
    }  # fmt: skip
    (unread,) = said["unread"]
    assert (unread["file"], unread["line"]) == ("3-image.md", 3)
    assert "chat.png" in unread["reason"]
    assert "3-image.md:3" in words


def test_an_existing_slug_is_brought_up_to_date(app: Flask, world: World, tmp_path: Path) -> None:
    root = folders.course(tmp_path / "c")
    for _twice in range(2):
        status, said, _ = _run(
            app, "import", str(root), "--organisation", "reseau-1", "--slug", "mail", "--json"
        )
        assert (status, said["course"]) == (0, "mail")
    assert (
        _run(app, "import", str(root), "--organisation", "reseau-1", "--json")[1]["course"] == "le-courriel"
    )


def test_what_cannot_be_taken_says_why(app: Flask, world: World, tmp_path: Path) -> None:
    (tmp_path / "vide").mkdir()
    (tmp_path / "faux.zip").write_bytes(b"no")
    root = folders.course(tmp_path / "c")
    for arguments in (
        (str(tmp_path / "vide"), "--organisation", "reseau-1"),
        (str(tmp_path / "absent"), "--organisation", "reseau-1"),
        (str(tmp_path / "faux.zip"), "--organisation", "reseau-1"),
        (str(root), "--organisation", "nulle-part"),
    ):
        status, said, words = _run(app, "import", *arguments, "--json")
        assert (status, set(said)) == (2, {"refused", "remedy"}), arguments
        assert said["refused"] in words


def test_a_slug_of_another_organisation_is_refused_and_nothing_is_written(
    app: Flask, world: World, tmp_path: Path
) -> None:
    root = folders.course(tmp_path / "c")
    status, said, _ = _run(
        app, "import", str(root), "--organisation", "reseau-1", "--slug", "cours-2", "--json"
    )
    assert (status, set(said)) == (1, {"refused", "remedy"})
    with db.transaction(db.Mode.READ, world.two.tenant_id):
        other = queries.any_course("cours-2")
    assert other is not None
    assert other.title == "Cours CANARI-2"


def test_courses_are_listed_and_published(app: Flask, world: World, tmp_path: Path) -> None:
    _run(app, "import", str(folders.course(tmp_path / "c")), "--organisation", "reseau-1", "--slug", "mail")
    assert _run(app, "publish", "absent", "--json")[0] == 2
    assert _run(app, "publish", "mail", "--json")[:2] == (0, {"course": "mail", "state": "published"})
    listed = {one["course"]: one for one in _run(app, "list", "--json")[1]["courses"]}
    assert listed["mail"] == {
        "course": "mail", "title": "Le courriel", "organisation": "reseau-1", "state": "published", "steps": 3,
        "minutes": 7,
    }  # fmt: skip
    assert "cours-2" in listed
    assert "mail\treseau-1\tpublished\t3\t7 min" in str(_run(app, "list")[1])


def test_an_empty_course_is_not_published(app: Flask, world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        course = queries.any_course("cours-1")
        assert course is not None
        course.steps = 0
    assert _run(app, "publish", "cours-1", "--json")[0] == 1


def test_real_courses_are_taken(app: Flask, world: World, data: Path) -> None:
    for root in sorted((data / "courses").iterdir()):
        status, said, _ = _run(app, "import", str(root), "--organisation", "reseau-1", "--json")
        assert status == 0, root
        assert said["activities"] >= 15, root
        assert said["unread"], root
