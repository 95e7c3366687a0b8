"""What CI judges: ``python -m config.checks``, or only some steps, by name: ``python -m config.checks lint types``.

Steps of one stage run side by side. Each says its time and result; what failed is printed whole. The last line counts
the tests, where a failed step that is no test counts as one.
"""

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from defusedxml import ElementTree

from config import processes, programs
from config.settings import ROOT

BIN = ROOT / ".venv" / "bin"
SIDE_BY_SIDE = 2  #: steps at a time; the tests of both databases are such a pair
LONGEST = 45 * 60.0  #: seconds that any step may take
EACH = max(1, (os.cpu_count() or 2) // SIDE_BY_SIDE)  #: test processes of one step
#: Of the longer one of a pair: much of what tests do is waiting, and it goes on alone when the other is over.
OF_THE_LONGER = max(2, EACH)


@dataclass(slots=True)
class Step:
    """One command that judges, and what came of it."""

    name: str
    command: list[str]
    environ: dict[str, str] = field(default_factory=dict)
    counted: Path | None = None  #: pytest's report, for steps that are tests
    output: Path | None = None
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def start(self, folder: Path) -> None:
        """Start the command, its words into a file."""
        self.output, self.started = folder / f"{self.name}.out", time.monotonic()
        with self.output.open("wb") as out:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=_clean_environment() | self.environ,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=processes.dies_with_us(),
            )

    def is_over(self) -> bool:
        """Whether the command has ended; one that takes too long is ended."""
        assert self.process
        if self.process.poll() is None and time.monotonic() - self.started > LONGEST:
            processes.stop(self.process)
        return self.process.poll() is not None

    def judge(self) -> None:
        """Count, and say how it went."""
        assert self.process
        assert self.output
        wrong = self.process.returncode != 0
        if self.counted:
            self.passed, self.failed, self.skipped = _counts(self.counted)
        if wrong and not self.failed:
            self.failed = 1
        said = f"{self.passed} passed, {self.skipped} skipped" if self.counted and not wrong else ""
        seconds = time.monotonic() - self.started
        print(f"{'FAILED' if wrong else 'ok':<7}{self.name:<22}{seconds:7.1f} s  {said}".rstrip(), flush=True)
        if wrong:
            print(self.output.read_text("utf-8", "replace").rstrip(), flush=True)


def static_steps() -> list[Step]:
    """What needs neither a database nor a browser."""
    return [
        Step("types", [str(BIN / "mypy")]),
        Step("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."]),
        Step("lint", [str(BIN / "ruff"), "check", "--quiet", "."]),
        Step("contracts", [str(BIN / "lint-imports"), "--no-logo"]),
        Step("templates", [str(BIN / "djlint"), "--lint", "--quiet", "templates"]),
        Step("security", [str(BIN / "bandit"), "-q", "-c", "pyproject.toml", "-r", "lms", "config"]),
        Step("translations", [str(BIN / "python"), "-m", "config.translate", "--extract"]),
    ]


def pytest(name: str, marks: str, folder: Path, workers: int, **environ: str) -> Step:
    """One run of the tests with these marks, by so many processes."""
    report = folder / f"{name}.xml"
    command = [str(BIN / "python"), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", marks]
    command += ["-n", str(workers if workers > 1 else 0), f"--junit-xml={report}"]
    return Step(name, command, dict(environ), report)


def stages(wanted: list[str], folder: Path, server: str) -> Iterator[list[Step]]:
    """The steps, grouped by what may run side by side. Without a server there is no run on PostgreSQL."""
    long = "long" in wanted
    marks, more = ("long", ["--timeout=3600"]) if long else ("not browser and not long", [])
    both = [pytest("sqlite", marks, folder, EACH, LMS_TEST_DATABASE="sqlite")]
    if server:
        both += [
            pytest(
                "postgresql",
                marks,
                folder,
                OF_THE_LONGER,
                LMS_TEST_DATABASE="postgresql",
                LMS_TEST_SERVER=server,
            )
        ]
    for step in both:
        step.command += more
    if long:
        yield both
        if server:  # the first line alone: the same tests where row-level security binds nobody
            yield [
                pytest(
                    "without-walls",
                    "not browser and not long",
                    folder,
                    SIDE_BY_SIDE,
                    LMS_TEST_DATABASE="postgresql",
                    LMS_TEST_SERVER=server,
                    LMS_TEST_ROLE="lms_free",
                )
            ]
        return
    yield static_steps()
    yield both
    if programs.chromium():
        yield [pytest("browser", "browser and not long", folder, SIDE_BY_SIDE, LMS_TEST_DATABASE="sqlite")]


def run(steps: list[Step], folder: Path) -> None:
    """Run the steps of one stage, a few at a time."""
    waiting, running = list(steps), list[Step]()
    try:
        while waiting or running:
            while waiting and len(running) < SIDE_BY_SIDE:
                running.append(waiting.pop(0))
                running[-1].start(folder)
            for step in [step for step in running if step.is_over()]:
                running.remove(step)
                step.judge()
            time.sleep(0.05)
    finally:
        for step in running:
            if step.process:
                processes.stop(step.process)


def main(arguments: list[str]) -> int:
    """Run all steps, or those named; 0 when every one is content."""
    parser = argparse.ArgumentParser(prog="python -m config.checks")
    parser.add_argument("steps", nargs="*", help="names of steps; long: the full counts; nothing: everything")
    wanted = parser.parse_args(arguments).steps
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    started, done = time.monotonic(), list[Step]()
    with tempfile.TemporaryDirectory(prefix="lms-checks-") as name, _server(wanted) as server:
        for stage in stages(wanted, Path(name), server):
            chosen = [step for step in stage if not wanted or "long" in wanted or step.name in wanted]
            run(chosen, Path(name))
            done += chosen
    passed, failed, skipped = (sum(getattr(s, w) for s in done) for w in ("passed", "failed", "skipped"))
    for sentence in _lacking():
        print(sentence)
    print(f"{len(done)} steps in {time.monotonic() - started:.0f} s")
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed or not done else 0


def _server(wanted: list[str]) -> contextlib.AbstractContextManager[str]:
    """A private PostgreSQL where one is asked for and can be had, else an empty address."""
    from tests.support import servers

    is_asked = not wanted or "postgresql" in wanted or "long" in wanted
    return servers.postgresql() if is_asked and programs.postgresql() else contextlib.nullcontext("")


def _lacking() -> list[str]:
    return [f"Not judged here: {programs.PURPOSE[name]} ({name} is missing)." for name in programs.missing()]


def _counts(report: Path) -> tuple[int, int, int]:
    """Passed, failed (errors too) and skipped, from pytest's report; nothing when it never wrote one."""
    if not report.exists():
        return 0, 0, 0
    total = failed = skipped = 0
    for suite in ElementTree.fromstring(report.read_bytes()).iter("testsuite"):
        total += int(suite.get("tests", 0))
        failed += int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        skipped += int(suite.get("skipped", 0))
    return max(0, total - failed - skipped), failed, skipped


def _clean_environment() -> dict[str, str]:
    """Without the settings of somebody's installation, which must not decide how tests end."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    return kept | {name: os.environ[name] for name in ("LMS_TEST_DATA",) if name in os.environ}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
