"""``python -m benchmarks [NAME] [--size N] [--database URL]``: one JSON line a benchmark."""

import argparse
import importlib
import json
import logging
import subprocess
import sys

from benchmarks import places
from benchmarks.meter import calibration

#: Names as they are typed, and the module of each.
NAMES = {
    "import": "import_",
    "enrol": "enrol",
    "pages": "pages",
    "complete": "complete",
    "report": "report",
    "certificates": "certificates",
    "staff-list": "staff_list",
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


def every(size: int | None, url: str) -> int:
    """All of them, each in a process of its own, so that none inherits another's memory. How many failed."""
    more = ["--database", url] if url else []
    more += ["--size", str(size)] if size is not None else []
    done = [subprocess.run([sys.executable, "-m", "benchmarks", name, *more], check=False) for name in NAMES]
    return sum(bool(one.returncode) for one in done)


def main(words: list[str]) -> int:
    """Exit status: 0 all measured, 1 something failed, 2 unusable arguments."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", nargs="?", choices=NAMES, help="which one; without it, all of them")
    parser.add_argument("--size", type=int, help="people, lines, rows or requests; each has its own default")
    parser.add_argument("--database", default="", help="an address, or `postgresql` for a private server")
    options = parser.parse_args(words)
    if options.size is not None and options.size < 1:
        parser.error("a size is at least 1")
    logging.getLogger("xhtml2pdf").setLevel(
        logging.ERROR
    )  # what it leaves out of a style sheet, page by page
    with places.database(options.database) as url:
        if options.name is None:
            return 1 if every(options.size, url) else 0
        print(json.dumps(one(options.name, options.size, url)), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
