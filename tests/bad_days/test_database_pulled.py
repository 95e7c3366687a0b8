"""Rows 3 and 4: PostgreSQL is pulled out under load, or one of its backends is shot. People are told, and it all comes back."""

import os
import random
import time

import pytest
from flask import Flask

from tests.bad_days import accounts, people
from tests.bad_days.installation import Installation
from tests.bad_days.place import Place
from tests.support.waiting import until
from tests.support.worlds import World

pytestmark = pytest.mark.postgresql
FULL = int(os.environ.get("FALLS", "20"))
BACK = 10.0  #: seconds after its start within which everybody goes on


def survives(app: Flask, place: Place, town: World, falls: int, seed: int = 3) -> None:
    chance, server = random.Random(seed), place.server
    assert server
    back, shot = [], []
    with Installation(place.settings) as house:
        crowd = people.Crowd(people.learners(app, house.url, town.one, 6, 200 + 60 * falls))
        with crowd:
            until(lambda: crowd.have_all_gone_on(0), 30, house.said)
            for _ in range(falls):
                time.sleep(chance.uniform(0.2, 1.0))
                server.pull_out()
                until(lambda: house.status("/readyz") == 503, 10, house.said)
                assert house.status("/healthz") == 200, "alive all the same"
                server.start()
                back.append(_gone_on(crowd, house))
                time.sleep(chance.uniform(0.2, 1.0))
                until(server.shoot_a_backend, 10)
                shot.append(_gone_on(crowd, house))
            assert dict(house.starts) == {"web": 1, "worker": 1}, "nothing had to be started again"
            until(house.is_ready, BACK, house.said)
    toll = accounts.reckon(town.one, crowd.learners)
    print(
        f"\n{falls} falls and {falls} backends shot; {toll}; answers {dict(crowd.answers())};"
        f" back within {max(back):.1f} s and {max(shot):.1f} s"
    )
    assert (toll.lost, toll.double) == (0, 0)
    assert set(crowd.answers()) <= {200, 302, 503}
    assert crowd.answers()[503]
    assert all(
        "Rien n’est perdu" in one.browser.words[503] for one in crowd.learners if one.browser.said[503]
    )
    assert max(back + shot) <= BACK
    assert not place.faults()


def _gone_on(crowd: people.Crowd, house: Installation) -> float:
    now = time.monotonic()
    return until(lambda: crowd.have_all_gone_on(now), 60, house.said)


def test_one_fall(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, 1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_in_full(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, FULL)
