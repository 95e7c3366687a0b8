"""The worker processes: at most two, started when first needed, replaced when they hang, die or have grown old.

They are plain programs that speak over pipes, so they inherit nothing: neither the application nor its secrets.
"""

import atexit
import json
import os
import select
import struct
import subprocess  # nosec B404: our own module, no shell
import sys
import threading
import time
from pathlib import Path
from typing import Any, Final

WORKERS: Final = 2
#: Documents that one process draws; libraries leak.
_OLD = 500
_ROOT = Path(__file__).resolve().parents[3]
#: What a worker may know of its surroundings.
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")
_LENGTH = struct.Struct(">I")


class NoAnswer(Exception):
    """A worker died or took too long; it is replaced."""


class _Died(NoAnswer):
    pass


class _Worker:
    """One process."""

    def __init__(self) -> None:
        self.asked = 0
        environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-m", "lms.core.pdf.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            env={**environment, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"},
            start_new_session=True,
        )

    @property
    def pid(self) -> int:
        """Its process number."""
        return self._process.pid

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Send a message and wait for the answer. Raises ``NoAnswer``."""
        self.asked += 1
        ends = time.monotonic() + seconds
        body = json.dumps(message).encode()
        try:
            assert self._process.stdin is not None  # nosec B101: it is a pipe
            self._process.stdin.write(_LENGTH.pack(len(body)) + body)
            self._process.stdin.flush()
            (size,) = _LENGTH.unpack(self._read(_LENGTH.size, ends))
            answer: dict[str, Any] = json.loads(self._read(size, ends))
        except (OSError, ValueError) as error:
            raise _Died("the worker died") from error
        return answer

    def kill(self) -> None:
        """End it, now."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:
                    pass  # what was not sent yet has nobody to read it
        self._process.wait()

    def _read(self, size: int, ends: float) -> bytes:
        assert self._process.stdout is not None  # nosec B101: it is a pipe
        handle = self._process.stdout.fileno()
        got = bytearray()
        while len(got) < size:
            left = ends - time.monotonic()
            if left <= 0 or not select.select([handle], [], [], left)[0]:
                raise NoAnswer("it took too long")
            piece = os.read(handle, min(size - len(got), 1024 * 1024))
            if not piece:
                raise _Died("the worker died")
            got += piece
        return bytes(got)


_slots = threading.BoundedSemaphore(WORKERS)
_idle: list[_Worker] = []
_lock = threading.Lock()


def ask(message: dict[str, Any], seconds: float) -> dict[str, Any]:
    """Have a worker do something; waits for a free one. Raises ``NoAnswer``.

    A worker that dies is tried once more with a fresh one: it may have been killed from outside.
    """
    with _slots:
        try:
            return _ask(message, seconds)
        except _Died:
            return _ask(message, seconds, fresh=True)  # the idle ones may be dead too


def _ask(message: dict[str, Any], seconds: float, *, fresh: bool = False) -> dict[str, Any]:
    with _lock:
        worker = _idle.pop() if _idle and not fresh else None
    worker = worker or _Worker()
    try:
        answer = worker.ask(message, seconds)
    except BaseException:
        worker.kill()
        raise
    if worker.asked >= _OLD:
        worker.kill()
    else:
        with _lock:
            _idle.append(worker)
    return answer


@atexit.register
def close() -> None:
    """End the idle workers; the next question starts new ones."""
    with _lock:
        workers, _idle[:] = list(_idle), []
    for worker in workers:
        worker.kill()


def _forget() -> None:
    """A forked server process must not speak over its parent's pipes."""
    global _slots, _lock  # held by threads that the child does not have
    _slots, _lock = threading.BoundedSemaphore(WORKERS), threading.Lock()
    _idle.clear()


os.register_at_fork(after_in_child=_forget)
