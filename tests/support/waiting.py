"""Waiting for what happens in another process, with an end."""

import time
from collections.abc import Callable


def until(
    ready: Callable[[], object], seconds: float, why: Callable[[], str] = str, pause: float = 0.05
) -> float:
    """Wait until ``ready`` says so; the seconds it took. Fails with ``why`` when the time is up."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < seconds, f"not within {seconds} s\n{why()}"
        time.sleep(pause)
    return time.monotonic() - began
