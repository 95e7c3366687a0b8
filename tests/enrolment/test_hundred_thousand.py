"""100,000 people from one CSV, then the same file again: what it costs in memory and processor time."""

import json
import subprocess
import sys

import pytest

from config.settings import ROOT

PEOPLE = 100_000
MIB, SECONDS = (
    150,
    8,
)  #: above the idle process; at most for the same file again, on a machine whose loop takes 0.20 s


@pytest.mark.long
@pytest.mark.timeout(1_800)
def test_a_hundred_thousand_people_and_again(capsys: pytest.CaptureFixture[str]) -> None:
    command = [sys.executable, "-m", "benchmarks", "reimport", "--size", str(PEOPLE)]
    said = subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    found = json.loads(said.splitlines()[-1])
    with capsys.disabled():
        print(f"\n{found}")
    assert max(found["peak_mib"], found["first_peak_mib"]) <= MIB
    assert found["cpu_seconds"] <= SECONDS * found["calibration"] / 0.20
