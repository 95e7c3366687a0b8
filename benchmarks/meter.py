"""What a stretch of work costs: time, processor (ours, our children's, the database server's), memory, statements."""

import gc
import os
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from tests.support.queries import statements

_TICK = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


@dataclass(slots=True)
class Figures:
    """What was measured. ``cpu``: seconds of everything together; ``own``: of this process alone."""

    seconds: float = 0.0
    cpu: float = 0.0
    own: float = 0.0
    peak_mib: float = 0.0  #: above what this process and its children held before
    queries: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """A benchmark's result, still without its name.

    ``units``: what ``per_cpu_second`` counts. ``requests``: how many pages ``house`` and ``floor`` are about, each one;
    0 where they are about the whole work. ``floor``: CPU seconds of the least that can be done for the same.
    """

    house: Figures
    floor: float
    units: int
    requests: int = 0
    more: dict[str, object] = field(default_factory=dict)

    def line(self) -> dict[str, object]:
        """The fields of the JSON line."""
        house = self.house
        worth = house.own if self.requests else house.cpu
        cost = {"cpu_ms": round(house.own * 1000, 2)} if self.requests else {}
        return {
            "seconds": round(house.seconds * (self.requests or 1), 3),
            "cpu_seconds": round(house.cpu * (self.requests or 1), 3),
            "per_cpu_second": round(self.units / (house.cpu * (self.requests or 1)), 1),
            **cost,
            "peak_mib": round(house.peak_mib, 1),
            "queries": house.queries,
            "floor": round(self.floor * (1000 if cost else 1), 4),
            "ratio": round(worth / self.floor, 2),
            **self.more,
        }


class Meter:
    """Measures in this process. ``server``: CPU seconds that the database's server has used so far."""

    def __init__(self, server: Callable[[], float] = lambda: 0.0) -> None:
        self._server = server

    @contextmanager
    def measured(self) -> Iterator[Figures]:
        """The figures of the block, filled in when it ends."""
        found = Figures()
        gc.collect()
        held = _held()
        with statements() as sent:
            server, children, own = self._server(), _children(), time.process_time()
            begun = time.perf_counter()
            yield found
            found.seconds = time.perf_counter() - begun
            found.own = time.process_time() - own
            found.cpu = found.own + _children() - children + self._server() - server
        found.peak_mib = max(0.0, _peak() - held)
        found.queries = len(sent)


def typical(rounds: list[Figures]) -> Figures:
    """The median of several rounds of the same work; of memory and statements, the most."""
    return Figures(
        median(one.seconds for one in rounds),
        median(one.cpu for one in rounds),
        median(one.own for one in rounds),
        max(one.peak_mib for one in rounds),
        max(one.queries for one in rounds),
    )


def calibration() -> float:
    """CPU seconds of a loop that is the same on every machine: absolute limits are scaled by it."""
    begun = time.process_time()
    _loop()
    return time.process_time() - begun


def of_server(backend: int) -> Callable[[], float]:
    """The meter of a PostgreSQL server on this machine, found from the process of one of its connections."""
    try:
        status = (_PROC / str(backend) / "status").read_text()
    except OSError:
        return lambda: 0.0  # it runs elsewhere: its share is not counted
    postmaster = int(next(line for line in status.splitlines() if line.startswith("PPid")).split()[1])
    return lambda: sum(_used(pid, ended=pid == postmaster) for pid in _family(postmaster))


def _loop() -> int:
    x = 0
    for i in range(5_000_000):
        x += i & 7
    return x


def _children() -> float:
    """CPU seconds of the children of this process, those that are over included."""
    over = resource.getrusage(resource.RUSAGE_CHILDREN)
    living = sum(_used(pid) for pid in _family(os.getpid())[1:])
    return over.ru_utime + over.ru_stime + living


def _used(pid: int, ended: bool = False) -> float:
    """CPU seconds of a process; with those of its children that have ended, which only the coarser clock knows."""
    try:
        if not ended:
            return int((_PROC / str(pid) / "schedstat").read_text().split()[0]) / 1e9
    except OSError:
        pass  # a kernel without these figures
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11 : 15 if ended else 13])) / _TICK


def _family(pid: int) -> list[int]:
    """A process and all that descend from it, as far as the machine tells."""
    found = [pid]
    for file in _PROC.glob(f"{pid}/task/*/children"):
        try:
            below = file.read_text().split()
        except OSError:
            continue  # the thread is over
        found += [one for child in below for one in _family(int(child))]
    return found


def _held() -> float:
    """MiB that this process and its children hold now; from here on, their peak is counted anew."""
    pids = _family(os.getpid())
    for pid in pids:
        try:
            (_PROC / str(pid) / "clear_refs").write_text("5")
        except OSError:
            return _peak()  # another system, or not allowed: the peak of the whole life has to do
    return sum(_mib(pid, "VmRSS") for pid in pids)


def _peak() -> float:
    found = sum(_mib(pid, "VmHWM") for pid in _family(os.getpid()))
    return found or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _mib(pid: int, name: str) -> float:
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(name)), 0.0)
