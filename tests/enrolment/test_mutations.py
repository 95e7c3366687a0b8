"""Whatever bytes come, the answer is a report whose counts add up, or one refusal; never anything else, and never half a write."""

import random
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lms.core.errors import Refused
from lms.enrolment.reading import cleaning
from lms.enrolment.reading.cleaning import Wrong
from lms.enrolment.reading.faults import worded
from lms.enrolment.reading.lines import Line
from lms.enrolment.reading.people_file import read_people
from tests.enrolment.conftest import FILES, Import

TODAY = date(2026, 11, 24)
_ODD = [
    '"',
    ";",
    "|",
    "\t",
    "\n",
    "\x00",
    "\x1b",
    "﻿",
    "é",
    "=1+1",
    "NULL",
    "31/02/1990",
    "@",
    "2 95 10 99 126 111 93",
    "9" * 40,
]


def _mutated(content: bytes, seed: int) -> bytes:
    chance = random.Random(seed)
    made = bytearray(content)
    for _n in range(chance.randint(1, 12)):
        at = chance.randrange(len(made) or 1)
        match chance.randrange(5):
            case 0:
                del made[at : at + chance.randint(1, 20)]
            case 1:
                made[at:at] = chance.choice(_ODD).encode()
            case 2:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 3:
                made[at:at] = made[: chance.randint(1, 200)]
            case 4:
                made = bytearray(
                    bytes(made).replace(b";", chance.choice([b";;", b"", b"|"]), chance.randint(1, 4))
                )
        made = made or bytearray(b";")
    return bytes(made)


@pytest.mark.parametrize("name", ["france-travail.csv", "ile-de-france.csv", "modele.csv"])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_a_damaged_file_is_read_or_refused(name: str, seed: int) -> None:
    content = _mutated((FILES / name).read_bytes(), seed)
    lines, refusal = _read(content, name)
    assert refusal is None or (refusal.reason and refusal.remedy)
    for line in lines:
        assert line.is_good or line.faults
        for fault in line.faults:
            told = worded(fault.kept())
            assert told["message"]
            assert told["remedy"]
            assert told["value"].isprintable()


@pytest.mark.parametrize("seed", range(25))
def test_a_damaged_file_is_imported_whole_or_not(imported: Import, seed: int) -> None:
    content = _mutated((FILES / "modele.csv").read_bytes(), seed)
    try:
        report = imported(content, valid_rows=seed % 2 == 0)
    except Refused:
        return
    assert report.total == report.imported + report.updated + report.ignored + report.invalid
    assert (report.batch_id is None) == (
        report.invalid == report.total or (seed % 2 == 1 and report.invalid > 0)
    )


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=60))
def test_a_cell_is_cleaned_or_wrong_with_a_known_code(text: str) -> None:
    plain = cleaning.text_of(text)
    for way in (cleaning.name, cleaning.email, cleaning.phone, cleaning.postcode, cleaning.identifier, cleaning.number,
                cleaning.situation, cleaning.siret, cleaning.words, lambda t: cleaning.birth(t, t, TODAY)):  # fmt: skip
        if wrong := _fault(way, plain):
            kept = {"line": 1, "column": "", "value": "", "code": wrong.code, "about": wrong.about}
            assert worded(kept)["message"]


def test_real_files_damaged(data: Path) -> None:
    for file in sorted((data / "learners").iterdir()):
        for seed in range(20):
            _lines, refusal = _read(_mutated(file.read_bytes(), seed), file.name)
            assert refusal is None or refusal.remedy


def _read(content: bytes, name: str) -> tuple[list[Line], Refused | None]:
    try:
        return list(read_people(content, name, TODAY).lines()), None
    except Refused as refusal:
        return [], refusal


def _fault(way: Callable[[str], object], text: str) -> Wrong | None:
    try:
        way(text)
    except Wrong as wrong:
        return wrong
    return None
