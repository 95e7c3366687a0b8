"""Folders to drafts, and what takes which path."""

import zipfile
from pathlib import Path

import pytest
from flask import Flask

from config.settings import ROOT
from lms.courses import importer
from lms.courses.importer import Draft, Unusable
from lms.courses.importers.folder import natural
from tests.courses import folders

pytestmark = pytest.mark.usefixtures("the_app")  # fences and importers of every room


def _keys(draft: Draft) -> list[str]:
    return [step.key for step in draft.steps]


def test_files_come_as_people_count() -> None:
    names = ["10-b.md", "2-module/a.md", "1-a.md", "2-a.md", "Z.md", "a.md"]
    assert sorted(names, key=natural) == ["1-a.md", "2-a.md", "2-module/a.md", "10-b.md", "a.md", "Z.md"]


def test_a_folder_is_a_course_with_its_sheet(tmp_path: Path) -> None:
    draft = importer.read(folders.course(tmp_path / "c"))
    assert (draft.title, draft.summary, draft.presentation) == (
        "Le courriel",
        "Écrire et lire.",
        "Bienvenue.",
    )
    assert draft.sheet == {"objectives": ["Lire", "Écrire"], "audience": "tous"}
    assert _keys(draft) == ["1-a-quoi-sert", "2-lire", "10-quiz"]
    assert [step.kind for step in draft.steps] == ["page", "page", "quiz"]
    assert (draft.modules, list(draft.files), draft.unread) == ({"": "Le courriel"}, ["images/liste.svg"], [])
    assert draft.steps[1].content["files"] == {
        "images/liste.svg": [40, 20, draft.files["images/liste.svg"].sha256[:8]]
    }
    assert {name: draft.steps[2].content[name] for name in ("pass_mark", "tries")} == {
        "pass_mark": 50,
        "tries": 2,
    }


def test_sub_folders_are_modules_in_their_order_and_their_sheet_comes_first(tmp_path: Path) -> None:
    root = folders.write(
        tmp_path / "guides",
        {
            "2-les-donnees/1-a.md": "# A\n\nTexte", "2-les-donnees/README.md": "# Introduction\n\nTexte",
            "10-fin/index.md": "---\ntitle: Pour finir\n---\nTexte", "10-fin/a.md": "Texte",
            "1-debut/b.md": "Texte",
        },
    )  # fmt: skip
    draft = importer.read(root)
    assert draft.title == "Guides"
    assert draft.modules == {"1-debut": "Debut", "2-les-donnees": "Les donnees", "10-fin": "Pour finir"}
    assert _keys(draft) == [
        "1-debut/b",
        "2-les-donnees/README",
        "2-les-donnees/1-a",
        "10-fin/index",
        "10-fin/a",
    ]


def test_index_is_the_sheet_and_readme_where_there_is_no_index(tmp_path: Path) -> None:
    root = folders.write(tmp_path / "c", {"README.md": "# Le cours\n\nPrésentation.", "a.md": "Texte"})
    assert (importer.read(root).title, importer.read(root).presentation) == ("Le cours", "Présentation.")
    folders.write(root, {"index.md": "# L’autre\n"})
    assert importer.read(root).title == "L’autre"


def test_what_is_left_out_is_listed(tmp_path: Path) -> None:
    root = folders.write(
        tmp_path / "c",
        {
            "a.md": "# A\n\nTexte", "LICENSE.md": "x", "notes.odt": b"x", "faux.png": b"x", ".git/config": "x",
            "Thumbs.db": b"x", "vieux.md": "Texte accentu\xe9".encode("latin-1"), "vide.md": "---\ntitle: x\n---\n",
            "act.svg": folders.DRAWING.replace("</svg>", "<script>1</script></svg>"),
        },
    )  # fmt: skip
    draft = importer.read(root)
    assert sorted(one.file for one in draft.unread) == [
        "LICENSE.md", "act.svg", "faux.png", "notes.odt", "vide.md", "vieux.md",
    ]  # fmt: skip
    assert list(draft.files) == ["act.svg"]
    assert all(one.reason for one in draft.unread)
    assert len({one.reason for one in draft.unread}) == 6


def test_utf_16_with_its_mark_is_read(tmp_path: Path) -> None:
    root = folders.write(tmp_path / "c", {"a.md": "# Été\n\nTexte".encode("utf-16")})
    assert importer.read(root).steps[0].title == "Été"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text("# Secret\n\nTexte")
    root = folders.write(tmp_path / "c", {"a.md": "Texte"})
    (root / "b.md").symlink_to(tmp_path / "secret.md")
    draft = importer.read(root)
    assert (_keys(draft), [one.file for one in draft.unread]) == (["a"], ["b.md"])


@pytest.mark.parametrize("files", [{}, {"a.txt": "x"}, {"index.md": "# Seul\n\nTexte"}, {"LICENSE.md": "x"}])
def test_a_folder_without_a_lesson_is_refused(tmp_path: Path, files: dict[str, str | bytes]) -> None:
    (tmp_path / "c").mkdir()
    with pytest.raises(Unusable) as refusal:
        importer.read(folders.write(tmp_path / "c", files))
    assert refusal.value.remedy


def test_what_no_importer_takes_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "absent", folders.write(tmp_path, {"a.docx": b"x"}) / "a.docx"):
        with pytest.raises(Unusable):
            importer.read(path)


def test_our_own_courses_are_whole() -> None:
    for root in sorted((ROOT / "config/demo/courses").iterdir()):
        if root.is_dir():
            draft = importer.read(root)
            assert (draft.unread, draft.minutes, len(draft.steps)) == ([], 20, 7), root
            assert all(step.content.get("simple") for step in draft.steps if step.kind == "page"), root
            assert sum(step.minutes for step in draft.steps) == 20, root


@pytest.mark.parametrize(
    ("name", "modules", "steps", "questions"),
    [("disic-contribuer-accessible", 1, 15, 0), ("etalab-guides", 4, 19, 0), ("culturenumerique", 3, 32, 32)],
)
def test_real_courses_are_read(data: Path, name: str, modules: int, steps: int, questions: int) -> None:
    draft = importer.read(data / "courses" / name)
    read = (len(draft.modules), len(draft.steps), sum(step.questions for step in draft.steps))
    assert read == (modules, steps, questions)
    assert draft.unread
    assert all(one.file and one.reason for one in draft.unread)
    assert len({step.key for step in draft.steps}) == len(draft.steps)


def test_a_zip_of_a_folder_is_the_same_course(tmp_path: Path, app: Flask) -> None:
    root = folders.course(tmp_path / "c")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for path in sorted(root.rglob("*.*")):
            archive.write(path, Path("courriel") / path.relative_to(root))
    draft, same = importer.read(tmp_path / "c.zip"), importer.read(root)
    assert (_keys(draft), draft.title) == (_keys(same), same.title)
    assert {name: file.sha256 for name, file in draft.files.items()} == {
        name: file.sha256 for name, file in same.files.items()
    }


def test_hostile_archives_are_refused_or_harmless(data: Path) -> None:
    refused = set()
    for path in sorted((data / "hostile").glob("*.zip")) + sorted((data / "scorm").glob("*.zip")):
        try:
            draft = importer.read(path)
        except Unusable as refusal:
            assert refusal.reason  # noqa: PT017
            refused.add(path.name)
        else:
            assert all(b"<script" not in file.content for file in draft.files.values()), path
    assert {
        "own_slip_dotdot.zip",
        "own_slip_absolute.zip",
        "own_symlink.zip",
        "own_bomb_300MB.zip",
    } <= refused
    assert "singlescobasic.zip" in refused  # a package of another standard


@pytest.mark.parametrize("name", ["../secret.md", "/secret.md", "a\\..\\..\\secret.md"])
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("a.md", "# A\n\nTexte")
        archive.writestr(name, "# Secret")
    with pytest.raises(Unusable) as refusal:
        importer.read(tmp_path / "c.zip")
    assert refusal.value.remedy


def test_a_drawing_in_an_archive_is_cleaned(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("a.md", "# A\n\n![x](a.svg)")
        archive.writestr("a.svg", folders.DRAWING.replace("</svg>", "<script>alert(1)</script></svg>"))
    draft = importer.read(tmp_path / "c.zip")
    assert b"script" not in draft.files["a.svg"].content
    assert [one.file for one in draft.unread] == ["a.svg"]
