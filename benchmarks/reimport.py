"""The same CSV file of people again: no line says anything new. Measured besides: what the first time cost."""

from benchmarks import floors, seed
from benchmarks.import_ import _file, _import
from benchmarks.meter import Outcome
from benchmarks.places import Place

SIZE = 20_000


def run(place: Place, size: int) -> Outcome:
    """``size``: lines. The floor reads the file and takes a fingerprint of each line. ``first``: all of them new."""
    here, file = seed.ground(1), _file(place.folder, 1, size)
    with place.meter.measured() as first:
        report = _import(place, here, file, "Cohorte")
    if report["imported"] != size:
        raise RuntimeError(f"{report['imported']} of {size} lines were imported")
    with place.meter.measured() as floor:
        floors.fingerprinted(file)
    with place.meter.measured() as again:
        report = _import(place, here, file, "Cohorte")
    if report["ignored"] != size:
        raise RuntimeError(f"{report['ignored']} of {size} lines were told to be as they were")
    more: dict[str, object] = {
        "first_cpu_seconds": round(first.cpu, 3),
        "first_peak_mib": round(first.peak_mib, 1),
    }
    return Outcome(again, floor.cpu, units=size, more=more)
