"""How a step of the setup is done once, noted and told. Standard library only."""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps"  #: digests of what each step was made from


class SetupError(Exception):
    """Something can't be had; the text says what, and what to do."""


def step(
    name: str,
    title: str,
    made_from: list[Path],
    made: list[str],
    act: Callable[[], subprocess.CompletedProcess[str]],
) -> None:
    """Do ``act`` unless it was done with the same inputs and what it made is still there."""
    digest = digest_of(made_from)
    if is_done(name, digest, made):
        return
    print(f"{title} ...", end=" ", flush=True)
    start = time.monotonic()
    done = act()
    if done.returncode:
        print("failed", flush=True)
        raise SetupError(words(done))
    print(f"{time.monotonic() - start:.1f} s", flush=True)
    STAMPS.mkdir(parents=True, exist_ok=True)
    (STAMPS / name).write_text(digest, encoding="ascii")


def is_done(name: str, digest: str, made: list[str]) -> bool:
    """Whether a step was done with these inputs and nobody took away what it made."""
    stamp = STAMPS / name
    if not stamp.exists() or stamp.read_text(encoding="ascii") != digest:
        return False
    return all((ROOT / path).exists() for path in made)


def digest_of(paths: list[Path]) -> str:
    """One digest for the names and contents of files; a missing file counts as such."""
    found = hashlib.sha256()
    for path in sorted(set(paths)):
        content = path.read_bytes() if path.is_file() else b""
        found.update(f"{path.relative_to(ROOT)} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def run(command: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    """A program's end and words; it gets no keyboard. A program that is not there ends with 127."""
    try:
        return subprocess.run(
            command,
            check=False,
            cwd=ROOT,
            env={**os.environ, **_home(), **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 127, str(error))


def words(done: subprocess.CompletedProcess[str]) -> str:
    """What a program said when it failed, and its command."""
    return f"{' '.join(done.args)}\n{done.stdout.strip()[-4000:]}"


@contextmanager
def alone() -> Iterator[None]:
    """One setup at a time in this folder: a second one waits, then finds everything done."""
    with (ROOT / ".setup.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _home() -> dict[str, str]:
    """npm, pip and uv keep caches in the home folder; without one that can be written, they get another."""
    home = os.environ.get("HOME", "")
    if home and os.access(home, os.W_OK):
        return {}
    return {"HOME": str(Path(tempfile.gettempdir()) / f"lms-home-{os.getuid()}")}
