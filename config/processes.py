"""Starting programs so that none outlives the one that started it. Standard library only."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def dies_with_us(how: signal.Signals = signal.SIGTERM) -> Callable[[], None] | None:
    """For ``Popen(preexec_fn=...)``: Linux sends ``how`` to the child when this process is gone, even by kill -9."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)  # loaded here: after the fork only the call itself is safe

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(how))

    return ask


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Ask a process to end, then less politely: each step is a signal and the seconds it is given."""
    for how, seconds in steps or ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0)):
        if process.poll() is not None:
            return
        process.send_signal(how)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            continue


def sweep(ended: subprocess.Popen[bytes]) -> None:
    """End what a program that led its own session has left behind: children of one that was killed serve on unseen."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(ended.pid, signal.SIGKILL)
