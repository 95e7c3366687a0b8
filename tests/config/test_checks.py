"""The judge is right about what failed, and says so in its last line and its status."""

import sys
from pathlib import Path

import pytest

from config import checks
from config.checks import Step


def _judged(tmp_path: Path, code: str, report: str = "") -> Step:
    counted = tmp_path / "report.xml" if report else None
    if counted and report != "absent":
        counted.write_text(report, encoding="utf-8")
    step = Step("a-step", [sys.executable, "-c", code], counted=counted)
    checks.run([step], tmp_path)
    return step


def _report(tests: int, failures: int = 0, errors: int = 0, skipped: int = 0) -> str:
    suite = f'<testsuite tests="{tests}" failures="{failures}" errors="{errors}" skipped="{skipped}"/>'
    return f"<testsuites>{suite}</testsuites>"


def test_a_content_step_counts_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _judged(tmp_path, "print('chatter')").failed == 0
    said = capsys.readouterr().out
    assert said.startswith("ok")
    assert "chatter" not in said


def test_a_failed_step_counts_as_one_and_its_words_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _judged(tmp_path, "print('why'); raise SystemExit(2)").failed == 1
    assert "why" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("report", "status", "counts"),
    [
        (_report(10, skipped=2), 0, (8, 0, 2)),
        (_report(10, failures=1, errors=2, skipped=3), 1, (4, 3, 3)),
        (_report(10), 1, (10, 1, 0)),  # every test passed and pytest is still not content
        (_report(0), 5, (0, 1, 0)),  # no test at all is no success
        ("absent", 1, (0, 1, 0)),  # pytest never came to its report
    ],
)
def test_tests_are_counted_from_their_report(
    tmp_path: Path, report: str, status: int, counts: tuple[int, int, int]
) -> None:
    step = _judged(tmp_path, f"raise SystemExit({status})", report)
    assert (step.passed, step.failed, step.skipped) == counts


def test_no_setting_of_an_installation_reaches_the_tests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LMS_DATABASE_URL", "postgresql://somewhere/precious")
    monkeypatch.setenv("LMS_TEST_DATA", "/some/data")
    code = "import os; raise SystemExit([n for n in os.environ if n.startswith('LMS_')] != ['LMS_TEST_DATA'])"
    assert _judged(tmp_path, code).failed == 0


def test_the_status_and_last_line_follow_the_steps(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = Step("good", [sys.executable, "-c", ""]), Step("bad", [sys.executable, "-c", "1/0"])
    monkeypatch.setattr(checks, "stages", lambda *_: iter([[good, bad]]))
    assert checks.main(["good"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 0 failed"
    assert checks.main(["good", "bad"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "0 passed, 1 failed"
    assert checks.main(["none-of-them"]) == 1


def test_every_step_names_a_command_that_exists() -> None:
    assert [step.name for step in checks.static_steps() if not Path(step.command[0]).is_file()] == []
