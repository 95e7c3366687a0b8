"""Zip files from outside: refused before unpacking, and nothing is ever written outside the folder."""

import io
import shutil
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.core import archives
from lms.core.archives import ArchiveRejected, Limits, names_in, unpack
from lms.core.i18n import speaking_to


def zipped(*files: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def special(name: str, mode: int) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.external_attr = mode << 16
    return entry


def raw_name(name: str) -> bytes:
    """An archive with a name that ``zipfile`` would tidy on the way in."""
    plain = "x" * len(name)
    return zipped((plain, b"1")).replace(plain.encode(), name.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where to unpack to; afterwards nothing may lie beside it."""
    inner = tmp_path / "house" / "room"
    inner.mkdir(parents=True)
    yield inner / "target"
    assert {path.name for path in tmp_path.iterdir()} <= {"house", "archive.zip"}
    assert {path.name for path in inner.iterdir()} <= {"target"}


def refused(content: bytes, folder: Path, limits: Limits | None = None) -> str:
    path = folder.parents[2] / "archive.zip"
    path.write_bytes(content)
    with pytest.raises(ArchiveRejected) as error:
        unpack(path, folder, limits)
    assert not folder.exists()
    return error.value.code


def test_an_honest_archive_is_unpacked(folder: Path) -> None:
    path = folder.parents[2] / "archive.zip"
    made = special("run.sh", 0o100777)
    path.write_bytes(
        zipped(("a/b/été.txt", b"1"), ("a/", b""), ("empty", b""), (made, b"3"), ("x.docx", b"PK\x03\x04"))
    )
    files = unpack(path, folder)
    assert [file.relative_to(folder).as_posix() for file in files] == [
        "a/b/été.txt",
        "empty",
        "run.sh",
        "x.docx",
    ]
    assert files[0].read_bytes() == b"1"
    assert not files[2].stat().st_mode & stat.S_IXUSR, "a sender's rights are not taken over"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("../x", "unsafe_path"),
        ("a/../../x", "unsafe_path"),
        ("a/..", "unsafe_path"),
        ("/etc/x", "unsafe_path"),
        ("//host/x", "unsafe_path"),
        ("a//b", "unsafe_path"),
        ("./a", "unsafe_path"),
        ("..\\x", "unsafe_path"),
        ("a\\b", "unsafe_path"),
        ("C:x", "unsafe_path"),
        ("C:/x", "unsafe_path"),
        ("x\x00.txt", "unsafe_path"),
        ("a\nb", "unsafe_path"),
        ("a" * 300, "unsafe_path"),
        ("inner.zip", "nested"),
        ("inner.TAR", "nested"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(name: str, code: str, folder: Path) -> None:
    assert refused(raw_name(name), folder) == code


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (zipped((special("link", 0o120777), b"/etc/passwd")), "link"),
        (zipped((special("pipe", 0o010644), b"")), "link"),
        (zipped(("disk", b"PK\x03\x04..."), ("x", b"")), "nested"),
        (zipped(("a.txt", b"1"), ("A.TXT", b"2")), "duplicate"),
        (zipped(("e\u0301.txt", b"1"), ("\u00e9.txt", b"2")), "duplicate"),
        (zipped(("a", b"1"), ("A/b", b"2")), "duplicate"),
        (zipped(("zeros", bytes(3_000_000))), "bomb"),
        (b"PK\x03\x04" + b"x" * 100, "not_zip"),
        (b"", "not_zip"),
        (zipped(("a", b"12345" * 50))[:-30], "not_zip"),
    ],
    ids=["link", "pipe", "nested", "case", "accents", "folder", "bomb", "head only", "empty", "cut short"],
)
def test_what_is_not_an_honest_archive_is_refused(content: bytes, code: str, folder: Path) -> None:
    assert refused(content, folder) == code


def test_a_name_twice_is_refused(folder: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        content = zipped(("a", b"1"), ("a", b"2"))
    assert refused(content, folder) == "duplicate"


def test_an_encrypted_entry_is_refused(folder: Path) -> None:
    content = bytearray(zipped(("a", b"1")))
    at = content.index(b"PK\x01\x02")
    content[at + 8] |= 1
    content[6] |= 1
    assert refused(bytes(content), folder) == "encrypted"


def test_limits_are_judged_before_unpacking(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("unpacked")

    monkeypatch.setattr(archives, "_write", never)
    three = zipped(("a", b"123"), ("b", b"456"), ("c", b"789"))
    assert refused(three, folder, Limits(entries=2)) == "too_many"
    assert refused(three, folder, Limits(total=8)) == "too_large"
    assert refused(three, folder, Limits(ratio=0.5, ratio_from=1)) == "bomb"


def test_one_bomb_among_honest_files_is_refused(folder: Path) -> None:
    import random

    noise = random.Random(1).randbytes(2_000_000)
    assert refused(zipped(("noise", noise), ("zeros", bytes(20_000_000))), folder) == "bomb"


def test_a_size_that_lies_is_refused(folder: Path) -> None:
    size = 500_000
    content = zipped(("a", b"ab" * (size // 2)))
    lying = content.replace(size.to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != content
    assert refused(lying, folder) == "not_zip"


def test_a_folder_that_exists_is_not_touched(folder: Path) -> None:
    folder.mkdir()
    (folder / "mine").write_bytes(b"1")
    path = folder.parents[2] / "archive.zip"
    path.write_bytes(zipped(("a", b"1")))
    with pytest.raises(OSError, match="not empty"):
        unpack(path, folder)
    assert (folder / "mine").read_bytes() == b"1"


def test_names_are_told_without_unpacking(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(zipped(("imsmanifest.xml", b""), ("a/b", b"")))
    assert names_in(path) == ["imsmanifest.xml", "a/b"]
    path.write_bytes(b"no zip")
    assert names_in(path) == names_in(tmp_path / "missing") == []


@given(st.data())
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_archives_are_unpacked_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    content = bytearray(zipped(("a/b", b"1" * 50), ("c", b"2" * 50)))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path, folder = tmp_path / "x.zip", tmp_path / "out"
    path.write_bytes(bytes(content))
    try:
        files = unpack(path, folder)
    except ArchiveRejected:
        assert not folder.exists()
    else:
        assert all(file.is_relative_to(folder) for file in files)
        shutil.rmtree(folder)


@pytest.mark.parametrize("language", ["en", "fr"])
def test_each_refusal_has_its_own_sentence(language: str) -> None:
    with speaking_to(language):
        said = [archives.sentence(ArchiveRejected(code, "a\x1bb")) for code in sorted(archives.CODES)]
    assert len({message for message, _ in said}) == len({remedy for _, remedy in said}) == len(archives.CODES)
    assert not any("\x1b" in message or "%(" in message for message, _ in said)


#: What must be refused here, and how. The others are harmless to unpack: what they hold is judged by who reads it.
HOSTILE = {
    "own_slip_dotdot": "unsafe_path",
    "own_slip_absolute": "unsafe_path",
    "own_slip_backslash": "unsafe_path",
    "own_symlink": "link",
    "own_bomb_300MB": "bomb",
    "own_many_files": "too_many",
    "own_duplicate_name": "duplicate",
    "own_case_clash": "duplicate",
}


def test_the_hostile_collection(data: Path, tmp_path: Path) -> None:
    found = {}
    for path in sorted((data / "hostile").glob("*.zip")):
        before = {p for p in tmp_path.rglob("*") if not p.is_relative_to(tmp_path / path.stem)}
        try:
            unpack(path, tmp_path / path.stem)
        except ArchiveRejected as error:
            found[path.stem] = error.code
        assert before == {p for p in tmp_path.rglob("*") if not p.is_relative_to(tmp_path / path.stem)}
    assert found == HOSTILE


def test_real_course_packages_are_unpacked(data: Path, tmp_path: Path) -> None:
    for path in sorted((data / "scorm").glob("*.zip")):
        assert unpack(path, tmp_path / path.stem)
