"""Each benchmark runs, in a tiny size, and says what it should in one line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import record
from benchmarks.__main__ import NAMES, main
from benchmarks.meter import Figures, Outcome, typical
from config.settings import ROOT
from tests import conftest

FIELDS = {
    "name", "size", "database", "seconds", "cpu_seconds", "per_cpu_second", "peak_mib", "queries", "floor", "ratio",
    "calibration",
}  # fmt: skip
PAGES = {"pages", "complete", "staff-list", "growth"}


#: All of them in one process of its own, on one file: they change the settings of their process.
_ALL = """
import json, sys
from benchmarks.__main__ import NAMES, one
for name in NAMES:
    print(json.dumps(one(name, 4, sys.argv[1])))
"""


#: They choose their database themselves: once is enough.
pytestmark = [
    pytest.mark.skipif(conftest.KIND == "postgresql", reason="measured in the run on SQLite"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def lines(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    url = f"sqlite:///{tmp_path_factory.mktemp('bench') / 'bench.db'}"
    command = [sys.executable, "-c", _ALL, url]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return {found["name"]: found for found in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("name", NAMES)
def test_one_line_each(lines: dict[str, dict[str, Any]], name: str) -> None:
    found = lines[name]
    assert set(found) >= FIELDS | ({"cpu_ms"} if name in PAGES else set())
    assert (found["size"], found["database"]) == (4, "sqlite")
    for field in ("seconds", "cpu_seconds", "per_cpu_second", "queries", "floor", "ratio", "calibration"):
        assert found[field] > 0, field


def test_growth_tells_each_page_at_three_sizes(lines: dict[str, dict[str, Any]]) -> None:
    found = lines["growth"]
    pages = {
        "home",
        "lesson",
        "complete",
        "cohort",
        "people",
        "cohorts",
        "people of the network",
        "cohorts of the network",
    }
    assert set(found["growth"]) == set(found["ms"]) == pages
    assert all(len(ms) == 3 and min(ms) > 0 for ms in found["ms"].values())
    assert found["page"] in pages
    assert found["ratio"] == pytest.approx(found["growth"][found["page"]][-1], abs=0.02)
    assert len(found["learners"]) == 3


@pytest.mark.parametrize("words", [["nothing"], ["enrol", "--size", "0"], ["enrol", "--size", "many"]])
def test_what_cannot_be_measured_is_said(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        main(words)
    said = capsys.readouterr()
    assert (refused.value.code, said.out) == (2, "")
    assert said.err


def test_a_page_is_told_by_the_application_s_own_time() -> None:
    page = Figures(seconds=0.02, cpu=0.012, own=0.006, peak_mib=1.0, queries=5)
    line = Outcome(page, floor=0.0003, units=200, requests=200).line()
    assert (line["cpu_ms"], line["ratio"], line["floor"], line["queries"]) == (6.0, 20.0, 0.3, 5)
    assert (line["seconds"], line["cpu_seconds"], line["per_cpu_second"]) == (4.0, 2.4, 83.3)


def test_work_is_told_by_the_time_of_everything_together() -> None:
    work = Figures(seconds=2.0, cpu=1.5, own=1.0, peak_mib=8.0, queries=10)
    line = Outcome(work, floor=0.5, units=3_000).line()
    assert (line["ratio"], line["per_cpu_second"], line["floor"]) == (3.0, 2000.0, 0.5)
    assert "cpu_ms" not in line


def test_rounds_give_the_median_and_the_highest_memory() -> None:
    rounds = [Figures(1, 1, 1, 5, 9), Figures(9, 9, 9, 1, 10), Figures(2, 2, 2, 2, 9)]
    assert typical(rounds) == Figures(2, 2, 2, 5, 10)


def _line(**more: Any) -> dict[str, Any]:
    return {
        "name": "enrol", "database": "sqlite", "size": 10, "ratio": 2.0, "per_cpu_second": 12_345.6, "queries": 9,
        "peak_mib": 1.0, "calibration": 0.2, **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "is_worse"),
    [
        (_line(), False),
        (_line(ratio=2.5), False),
        (_line(ratio=2.51), True),
        (_line(ratio=9.0, size=11), False),
        (_line(ratio=9.0, database="postgresql"), False),
    ],
)
def test_a_ratio_may_grow_by_a_quarter(line: dict[str, Any], is_worse: bool) -> None:
    said = record.worse(line, {record.key_of(_line()): _line()})
    assert bool(said) is is_worse
    if is_worse:
        assert "2.51" in said
        assert "2.0" in said


def test_what_is_kept_stands_beside_the_rest(tmp_path: Path) -> None:
    file, paper = tmp_path / "figures.json", tmp_path / "paper.md"
    paper.write_text("before\n<!-- figures -->\nold\n<!-- end of figures -->\nafter\n")
    record.keep([_line(), _line(database="postgresql", cpu_ms=3.2, page="home")], file, paper)
    record.keep([_line(ratio=1.5)], file, paper)
    assert {key: line["ratio"] for key, line in record.kept(file).items()} == {
        "enrol sqlite 10": 1.5, "enrol postgresql 10": 2.0,
    }  # fmt: skip
    said = paper.read_text()
    assert said.startswith("before\n")
    assert said.endswith("after\n")
    assert "old" not in said
    assert (
        "`python -m benchmarks enrol --size 10 --database postgresql` | 3.2 CPU ms a request (home) |" in said
    )
    assert "12 346 a CPU second" in said


def test_the_paper_says_what_is_kept() -> None:
    kept = record.kept()
    assert kept, "python -m benchmarks --keep"
    assert record.table(kept[key] for key in sorted(kept)) in record.PAPER.read_text("utf-8")
