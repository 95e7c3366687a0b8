"""Point-in-time recovery of PostgreSQL: keep its log, take base copies, go back to a second. Standard library only.

This one file runs on the database's machine, as its user (``postgres``), without anything else of ours:

    python3 pitr.py keep %p /srv/wal/%f                    archive_command: one piece of the log
    python3 pitr.py base /srv/base                         a copy of the whole cluster, checked (PGHOST, PGPORT, PGUSER say where)
    python3 pitr.py back --base /srv/base --wal /srv/wal --data /new/folder --until "2026-11-30 11:20:05+00:00"
    python3 pitr.py prune --base /srv/base --wal /srv/wal --keep 7

docs/operations.md says what to put into postgresql.conf. Exit status: 0 done, 1 refused or failed, with a sentence.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

_FORM = "%Y%m%dT%H%M%SZ"  #: a base copy is named after the second at which it was finished
_SAFE = re.compile(r"[\w./ -]+")
_SEGMENT = re.compile(r"[0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?|[0-9A-F]{8}\.history")


class Impossible(Exception):
    """What was asked cannot be done; the text says why."""


def keep(source: Path, target: Path) -> None:
    """Copy one piece of the log to where it is kept: whole, on the disk, and never over another one."""
    if target.exists():
        if filecmp.cmp(source, target, shallow=False):
            return  # the server asks again when it did not hear our answer
        raise Impossible(f"{target} is there already and is another: two servers must not share a folder")
    half = target.with_name(f"{target.name}.part")
    with source.open("rb") as here, half.open("wb") as there:
        shutil.copyfileobj(here, there, 1024 * 1024)
        there.flush()
        os.fsync(there.fileno())
    half.rename(target)
    _sync(target.parent)


def base(folder: Path) -> Path:
    """A base copy of the running server, verified against its own list of digests; where it lies."""
    folder.mkdir(parents=True, exist_ok=True)
    half = folder / "unfinished"
    shutil.rmtree(half, ignore_errors=True)
    _run("pg_basebackup", "--pgdata", str(half), "--wal-method=stream", "--checkpoint=fast", "--no-password")
    _run("pg_verifybackup", "--quiet", str(half))
    done = folder / datetime.now(UTC).strftime(_FORM)
    half.rename(done)
    _sync(folder)
    return done


def back(bases: Path, wal: Path, data: Path, until: datetime, live: Path | None = None) -> Path:
    """Prepare ``data`` so that a server started on it replays the log up to ``until`` and then opens; the base taken.

    ``live``: the ``pg_wal`` folder of the old server, where it survived: the last pieces of the log that were not kept yet.
    The new server keeps nothing (``archive_mode`` is off) until somebody has looked at it.
    """
    if until.tzinfo is None:
        raise Impossible("say the zone too: 2026-11-30 11:20:05+00:00")
    if data.exists() and any(data.iterdir()):
        raise Impossible(
            f"{data} is not empty: go back into a new folder, and keep the old one until all is well"
        )
    for path in (wal, *([live] if live else [])):
        if not path.is_dir() or not _SAFE.fullmatch(str(path.resolve())):
            raise Impossible(f"{path} is no folder, or its name holds letters that a shell would misread")
    earlier = [one for moment, one in taken(bases).items() if moment <= until]
    if not earlier:
        raise Impossible(f"no base copy in {bases} is as old as {until.isoformat()}")
    chosen = earlier[-1]
    shutil.copytree(chosen, data, symlinks=True, dirs_exist_ok=True)
    data.chmod(0o700)
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as out:
        out.write(_settings(wal.resolve(), live.resolve() if live else None, until))
    (data / "recovery.signal").touch(0o600)
    return chosen


def prune(bases: Path, wal: Path, keeping: int) -> list[Path]:
    """Let go of all but the last base copies, and of the log before the oldest that stays; what went."""
    if keeping < 1:
        raise Impossible("keep one at least")
    known = list(taken(bases).values())
    gone, kept = known[:-keeping], known[-keeping:]
    if not kept:
        raise Impossible(f"there is no base copy in {bases}: nothing goes")
    for one in gone:
        shutil.rmtree(one)
    first = _first_segment(kept[0])
    for piece in sorted(wal.iterdir()):
        # a timeline's history stays: it is small, and says how the pieces belong together
        if _SEGMENT.fullmatch(piece.name) and ".history" not in piece.name and piece.name[8:24] < first:
            piece.unlink()
            gone.append(piece)
    return gone


def taken(bases: Path) -> dict[datetime, Path]:
    """The finished base copies by the second at which each was finished, oldest first."""
    found = {}
    for path in bases.iterdir() if bases.is_dir() else ():
        try:
            found[datetime.strptime(path.name, _FORM).replace(tzinfo=UTC)] = path
        except ValueError:
            continue
    return dict(sorted(found.items()))


def _settings(wal: Path, live: Path | None, until: datetime) -> str:
    fetch = f'cp "{wal}/%f" "%p"' + (f' || cp "{live}/%f" "%p"' if live else "")
    moment = until.astimezone(UTC).isoformat(sep=" ")
    return (
        f"\nrestore_command = '{fetch}'\nrecovery_target_time = '{moment}'\n"
        "recovery_target_action = 'promote'\narchive_mode = 'off'\n"
    )


def _first_segment(copy: Path) -> str:
    """Log and segment at which the replay of a base copy begins; its own label says so."""
    label = (copy / "backup_label").read_text("utf-8")
    found = re.search(r"^START WAL LOCATION: .*\(file [0-9A-F]{8}([0-9A-F]{16})\)", label, re.M)
    if not found:
        raise Impossible(f"{copy}/backup_label does not say where its log begins")
    return found[1]


def _run(program: str, *words: str) -> None:
    newest = max(
        Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda p: float(p.parts[-3]), default=None
    )
    command = [
        (os.environ.get("PGBIN", "") and f"{os.environ['PGBIN']}/{program}") or str(newest or program),
        *words,
    ]
    try:
        done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise Impossible(f"{program} is not on this machine: install PostgreSQL's own programs") from error
    if done.returncode:
        raise Impossible(f"{program}: {done.stderr.strip()[-1000:]}")


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def main(arguments: Sequence[str]) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="pitr.py", description=(__doc__ or "").partition("\n")[0])
    verbs = parser.add_subparsers(dest="verb", required=True)
    one = verbs.add_parser("keep", help="archive_command: one piece of the log")
    one.add_argument("source", type=Path)
    one.add_argument("target", type=Path)
    one = verbs.add_parser("base", help="a checked copy of the running server")
    one.add_argument("folder", type=Path)
    one = verbs.add_parser("back", help="prepare a folder that goes back to a second")
    for name in ("--base", "--wal", "--data"):
        one.add_argument(name, type=Path, required=True)
    one.add_argument("--until", type=datetime.fromisoformat, required=True)
    one.add_argument("--live", type=Path, help="pg_wal of the old server, where it survived")
    one = verbs.add_parser("prune", help="let go of old copies and of the log before them")
    for name in ("--base", "--wal"):
        one.add_argument(name, type=Path, required=True)
    one.add_argument("--keep", type=int, required=True)
    said = parser.parse_args(arguments)
    try:
        _do(said)
    except (Impossible, OSError) as error:
        print(f"pitr: {error}", file=sys.stderr)
        return 1
    return 0


def _do(said: argparse.Namespace) -> None:
    if said.verb == "keep":
        keep(said.source, said.target)
    elif said.verb == "base":
        print(base(said.folder))
    elif said.verb == "prune":
        print(f"{len(prune(said.base, said.wal, said.keep))} went")
    else:
        chosen = back(said.base, said.wal, said.data, said.until, said.live)
        print(
            f"Ready, from the base copy {chosen.name}. Start PostgreSQL on {said.data}, watch its log until it"
        )
        print(
            "says that it accepts connections, look at the data, then set archive_mode = on with a new folder."
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
