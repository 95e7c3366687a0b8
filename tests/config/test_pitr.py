"""``config.pitr``: what is kept is kept once and whole; what cannot be gone back to is refused with a sentence."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config import pitr
from config.settings import ROOT

SEGMENT = "0000000100000000000000{:02X}"


@pytest.fixture
def bases(tmp_path: Path) -> Path:
    """Three base copies, and one that was never finished."""
    folder = tmp_path / "base"
    for n, name in enumerate(("20261101T000000Z", "20261108T000000Z", "20261115T000000Z"), 1):
        (folder / name).mkdir(parents=True)
        label = f"START WAL LOCATION: 0/{n}000028 (file {SEGMENT.format(n * 4)})\nCHECKPOINT LOCATION: 0/1\n"
        (folder / name / "backup_label").write_text(label)
    (folder / "unfinished").mkdir()
    return folder


@pytest.fixture
def wal(tmp_path: Path) -> Path:
    folder = tmp_path / "wal"
    folder.mkdir()
    for n in range(1, 16):
        (folder / SEGMENT.format(n)).touch()
    (folder / f"{SEGMENT.format(4)}.00000028.backup").touch()
    (folder / "00000002.history").touch()
    (folder / "notes.txt").touch()
    return folder


def test_a_piece_is_kept_once_and_never_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, target = tmp_path / "piece", tmp_path / "kept"
    source.write_bytes(b"one" * 1000)
    assert pitr.main(["keep", str(source), str(target)]) == 0
    assert target.read_bytes() == source.read_bytes()
    assert pitr.main(["keep", str(source), str(target)]) == 0, "asked again, it is there"
    source.write_bytes(b"two" * 1000)
    assert pitr.main(["keep", str(source), str(target)]) == 1
    assert "two servers" in capsys.readouterr().err
    assert target.read_bytes() == b"one" * 1000
    assert pitr.main(["keep", str(tmp_path / "none"), str(tmp_path / "x")]) == 1
    assert pitr.main(["keep", str(source), str(tmp_path / "gone/x")]) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept", "piece"]


def test_going_back_takes_the_last_copy_before_the_moment(bases: Path, wal: Path, tmp_path: Path) -> None:
    until = datetime(2026, 11, 10, 9, 30, 5, tzinfo=UTC)
    assert pitr.back(bases, wal, tmp_path / "data", until).name == "20261108T000000Z"
    said = (tmp_path / "data/postgresql.auto.conf").read_text()
    assert "recovery_target_time = '2026-11-10 09:30:05+00:00'" in said
    assert f'cp "{wal}/%f" "%p"\'' in said
    assert "archive_mode = 'off'" in said
    assert (tmp_path / "data/recovery.signal").exists()
    live = tmp_path / "pg_wal"
    live.mkdir()
    pitr.back(bases, wal, tmp_path / "data2", until, live)
    assert f'|| cp "{live}/%f" "%p"' in (tmp_path / "data2/postgresql.auto.conf").read_text()


@pytest.mark.parametrize(
    ("until", "sentence"),
    [
        ("2026-10-01 00:00:00+00:00", "no base copy"),
        ("2026-11-10 00:00:00", "say the zone"),
    ],
)
def test_what_cannot_be_gone_back_to_is_told(
    bases: Path, wal: Path, tmp_path: Path, until: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--base", str(bases), "--wal", str(wal), "--data", str(tmp_path / "data"), "--until", until]
    assert pitr.main(["back", *words]) == 1
    assert sentence in capsys.readouterr().err


def test_nothing_is_overwritten_and_no_shell_is_misled(bases: Path, wal: Path, tmp_path: Path) -> None:
    until = datetime(2026, 11, 30, tzinfo=UTC)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/PG_VERSION").touch()
    with pytest.raises(pitr.Impossible, match="not empty"):
        pitr.back(bases, wal, tmp_path / "full", until)
    strange = tmp_path / "wal'; rm -rf x"
    strange.mkdir()
    with pytest.raises(pitr.Impossible, match="misread"):
        pitr.back(bases, strange, tmp_path / "data", until)


def test_old_copies_go_with_the_log_before_them(bases: Path, wal: Path) -> None:
    gone = {path.name for path in pitr.prune(bases, wal, 2)}
    assert {path.name for path in bases.iterdir()} == {"20261108T000000Z", "20261115T000000Z", "unfinished"}
    left = {"00000002.history", "notes.txt"} | {SEGMENT.format(n) for n in range(8, 16)}
    assert {path.name for path in wal.iterdir()} == left
    assert f"{SEGMENT.format(4)}.00000028.backup" in gone
    assert pitr.prune(bases, wal, 2) == []
    with pytest.raises(pitr.Impossible, match="one at least"):
        pitr.prune(bases, wal, 0)


def test_without_a_copy_no_log_goes(wal: Path, tmp_path: Path) -> None:
    with pytest.raises(pitr.Impossible, match="nothing goes"):
        pitr.prune(tmp_path / "none", wal, 1)
    assert len(list(wal.iterdir())) == 18


def test_it_needs_nothing_but_python(tmp_path: Path) -> None:
    """On the database's machine there is nothing else of ours."""
    alone = tmp_path / "pitr.py"
    alone.write_text((ROOT / "config/pitr.py").read_text("utf-8"), "utf-8")
    (tmp_path / "piece").write_bytes(b"x")
    command = [
        sys.executable,
        "-I",
        "-S",
        str(alone),
        "keep",
        str(tmp_path / "piece"),
        str(tmp_path / "kept"),
    ]
    assert subprocess.run(command, check=False, cwd=tmp_path).returncode == 0
