"""Small disks that a test may fill: a tmpfs of so many MiB, where the machine lets us mount one."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True, slots=True)
class Disk:
    """One small disk, mounted at ``folder``."""

    folder: Path

    @property
    def ballast(self) -> Path:
        """What fills it."""
        return self.folder / "ballast"

    def fill(self) -> None:
        """Take the last byte."""
        with self.ballast.open("ab", buffering=0) as out:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        out.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        """Make room again: all that an operator has to do."""
        self.ballast.unlink()


@contextmanager
def small_disk(folder: Path, mib: int) -> Iterator[Disk]:
    """A disk of so many MiB; without the right to mount the test is skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "lms-test", str(folder)]
    if not shutil.which("mount"):
        pytest.skip("no mount on this machine")
    made = subprocess.run(command, check=False, capture_output=True, text=True)
    if made.returncode:
        pytest.skip(f"no small disk to fill, we may not mount one: {made.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)
