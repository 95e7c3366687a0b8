"""Row 1: a web process is killed with -9 in the midst of requests. What was acknowledged stays, what is resent counts once."""

import os
import random
import time
from functools import partial

import pytest
from flask import Flask

from tests.bad_days import accounts, people
from tests.bad_days.installation import Installation
from tests.bad_days.place import Place
from tests.support import needs
from tests.support.waiting import until
from tests.support.worlds import World

FULL = int(os.environ.get("KILLS", "200"))
WHOM = ("web child", "web")


def survives(app: Flask, place: Place, town: World, kills: int, seed: int = 1) -> None:
    chance = random.Random(seed)
    with Installation(place.settings) as house:
        crowd = people.Crowd(people.learners(app, house.url, town.one, 6, 60 * kills))
        with crowd:
            for n in range(kills):
                time.sleep(chance.uniform(0.1, 0.6))
                killed = time.monotonic()
                until(partial(house.kill, WHOM[n % 2], chance), 30, house.said)
                until(partial(crowd.have_all_gone_on, killed), 60, house.said)
    toll = accounts.reckon(town.one, crowd.learners)
    print(f"\n{kills} kills of web processes; {toll}; answers {dict(crowd.answers())}")
    assert (toll.lost, toll.double) == (0, 0)
    assert set(crowd.answers()) <= {0, 200, 302, 503}, "a process that dies is no fault of ours to tell"
    assert not place.faults()


@needs.once
def test_a_few_kills(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, 2)


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_in_full(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, FULL)
