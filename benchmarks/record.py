"""The figures that were kept last: what ``make bench`` compares with, and the table of ``docs/performance.md``."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from config.settings import ROOT

FILE = ROOT / "benchmarks" / "figures.json"
PAPER = ROOT / "docs" / "performance.md"
LEEWAY = 1.25  #: how much a ratio may grow before it is a fault
QUIET = 0.20  #: calibration of the machine that absolute limits are said for
_BEGIN, _END = "<!-- figures -->", "<!-- end of figures -->"
Line = dict[str, Any]


def kept(file: Path = FILE) -> dict[str, Line]:
    """The lines that were kept, by ``name database size``."""
    return {key_of(line): line for line in json.loads(file.read_text("utf-8"))} if file.exists() else {}


def key_of(line: Line) -> str:
    """What must be the same for two lines to be compared."""
    return f"{line['name']} {line['database']} {line['size']}"


def worse(line: Line, before: dict[str, Line]) -> str:
    """A sentence when the ratio has grown by more than a quarter, else nothing."""
    old = before.get(key_of(line))
    if old is None or line["ratio"] <= old["ratio"] * LEEWAY:
        return ""
    return (
        f"{line['name']} on {line['database']}: {line['ratio']} times its floor, and {old['ratio']} when last kept. "
        "Find out why, or keep the new figure with a reason."
    )


def keep(lines: Iterable[Line], file: Path = FILE, paper: Path = PAPER) -> None:
    """Make these the figures to compare with, beside those of other databases and sizes, and say them in the paper."""
    known = kept(file) | {key_of(line): line for line in lines}
    ordered = [known[key] for key in sorted(known)]
    file.write_text(json.dumps(ordered, indent=1) + "\n", "utf-8")
    text = paper.read_text("utf-8")
    head, rest = text.split(_BEGIN)
    tail = rest.split(_END)[1]
    paper.write_text(f"{head}{_BEGIN}\n{table(ordered)}\n{_END}{tail}", "utf-8")


def table(lines: Iterable[Line]) -> str:
    """The figures for people: each row names the command that gives it."""
    rows = [
        "| command | what it costs | queries | memory | ratio to its floor | calibration |",
        "|---|---|---|---|---|---|",
    ]
    for line in lines:
        database = "" if line["database"] == "sqlite" else f" --database {line['database']}"
        rows.append(
            f"| `python -m benchmarks {line['name']} --size {line['size']}{database}` | {_cost(line)}"
            f" | {line['queries']} | {line['peak_mib']} MiB | {line['ratio']} | {line['calibration']} |"
        )
    return "\n".join(rows)


def _cost(line: Line) -> str:
    if "cpu_ms" in line:
        page = f" ({line['page']})" if "page" in line else ""
        return f"{line['cpu_ms']} CPU ms a request{page}"
    return f"{line['per_cpu_second']:,.0f} a CPU second".replace(",", " ")
