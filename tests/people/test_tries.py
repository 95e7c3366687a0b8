"""Tries at the door, as arithmetic and all at once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from flask import Flask

from lms.core import db
from lms.people.services import tries
from lms.people.services.tries import CODE, PASSWORD, seconds_to_wait

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def ago(*seconds: int) -> list[datetime]:
    return [NOON - timedelta(seconds=one) for one in seconds]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100.0/24"),
        ("198.51.100.255", "198.51.100.0/24"),
        ("::ffff:198.51.100.7", "198.51.100.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("2001:db8:1:2aa::1", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "?"),
        ("unix:", "?"),
    ],
)
def test_a_place_is_a_network(address: str, network: str) -> None:
    assert tries.network_of(address) == network


@pytest.mark.parametrize(
    ("failures", "wait"),
    [
        ([], 0),
        (ago(1), 0),
        (ago(1, 2, 3, 4), 0),
        (ago(1, 2, 3, 4, 5), 4),
        (ago(3, 4, 5, 6, 7, 8), 7),
        (ago(*range(1, 10)), 79),
        (ago(*range(0, 900, 90)), 160),
        (ago(*range(100, 110)), 791),
        (ago(*range(901, 911)), 0),
    ],
)
def test_how_long_a_login_waits(failures: list[datetime], wait: int) -> None:
    assert seconds_to_wait(PASSWORD, failures, NOON) == wait


@pytest.mark.parametrize(
    ("failures", "wait"),
    [
        (ago(60, 61, 62), 0),
        (ago(60, 61, 62, 63, 64), 836),
        (ago(*range(1000, 1010)), 6191),
        (ago(*range(8000, 8020)), 78381),
    ],
)
def test_how_long_a_card_waits(failures: list[datetime], wait: int) -> None:
    assert seconds_to_wait(CODE, failures, NOON) == wait


def test_many_at_once_are_no_more_than_one_by_one(app: Flask) -> None:
    """Each try is written down before it is judged, so a burst does not slip by."""
    burst, gate = 24, Barrier(24)

    def knock(_n: int) -> bool:
        gate.wait()
        try:
            return not tries.begin(PASSWORD, "somebody", "198.51.100.7").wait
        finally:
            db.session.remove()

    with ThreadPoolExecutor(burst) as threads:
        judged = sum(threads.map(knock, range(burst)))
    assert 1 <= judged <= 10


@pytest.mark.parametrize(
    ("everywhere", "here", "wait"),
    [
        ([], [], 0),
        (ago(*range(9)), ago(0), 0),
        (ago(*range(10)), [], 0),
        (ago(*range(10)), ago(0), 891),
        (ago(*range(10)), ago(1000), 0),
        (ago(*range(895, 905)), ago(895), 0),
        (ago(*range(1000, 1050)), [], 85351),
        (ago(*range(86380, 86430)), [], 0),
    ],
)
def test_how_long_a_stranger_waits(everywhere: list[datetime], here: list[datetime], wait: int) -> None:
    """Ten from anywhere leave each network one try in a quarter of an hour, fifty in a day leave none."""
    assert tries.strangers_wait(PASSWORD, everywhere, here, NOON) == wait
