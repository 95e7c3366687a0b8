"""``python -m benchmarks [NAME] [--size N] [--database URL]``: one JSON line a benchmark."""

import argparse
import importlib
import json
import logging
import subprocess
import sys

from benchmarks import places, record
from benchmarks.meter import calibration

#: Names as they are typed, and the module of each.
NAMES = {
    "import": "import_",
    "reimport": "reimport",
    "enrol": "enrol",
    "pages": "pages",
    "complete": "complete",
    "report": "report",
    "certificates": "certificates",
    "staff-list": "staff_list",
    "growth": "growth",
}


def one(name: str, size: int | None, url: str) -> dict[str, object]:
    """The line of one benchmark, measured in this process."""
    module = importlib.import_module(f"benchmarks.{NAMES[name]}")
    chosen = int(module.SIZE if size is None else size)
    with places.place(url) as place:
        loop = calibration()
        found = module.run(place, chosen).line()
        loop = (loop + calibration()) / 2
        kind = "sqlite" if place.is_sqlite else "postgresql"
    return {"name": name, "size": chosen, "database": kind, **found, "calibration": round(loop, 3)}


def every(size: int | None, url: str) -> list[record.Line]:
    """The lines of all of them, each from a process of its own, so that none inherits another's memory."""
    more = ["--database", url] if url else []
    more += ["--size", str(size)] if size is not None else []
    lines = []
    for name in NAMES:
        command = [sys.executable, "-m", "benchmarks", name, *more]
        said = subprocess.run(command, check=False, stdout=subprocess.PIPE, text=True).stdout
        print(said, end="", flush=True)
        lines += [json.loads(said)] if said else []
    return lines


def main(words: list[str]) -> int:
    """Exit status: 0 all measured, 1 something failed or costs a quarter more than when last kept, 2 unusable arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="which one; without it, all of them")
    parser.add_argument("--size", type=int, help="people, lines, rows or requests; each has its own default")
    parser.add_argument("--database", default="", help="an address, or `postgresql` for a private server")
    parser.add_argument("--keep", action="store_true", help="make these the figures to compare with")
    options = parser.parse_args(words)
    if options.size is not None and options.size < 1:
        parser.error("a size is at least 1")
    logging.getLogger("xhtml2pdf").setLevel(
        logging.ERROR
    )  # what it leaves out of a style sheet, page by page
    with places.database(options.database) as url:
        if options.name is not None:
            lines = [one(options.name, options.size, url)]
            print(json.dumps(lines[0]), flush=True)
        else:
            lines = every(options.size, url)
    if options.keep:
        record.keep(lines)
        return 0 if options.name or len(lines) == len(NAMES) else 1
    return 0 if options.name else _judged(lines)


def _judged(lines: list[record.Line]) -> int:
    """Say what failed and what costs more than it did."""
    before = record.kept()
    faults = [sentence for line in lines if (sentence := record.worse(line, before))]
    faults += [f"{name}: no figure." for name in NAMES if name not in {line["name"] for line in lines}]
    for sentence in faults:
        print(sentence, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
