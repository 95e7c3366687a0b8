"""Row 8: the mail server is slow, dead, moody, or hangs up. No page notices, no job waits for it, each mail comes once."""

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from lms.core import courier, db, post
from lms.core.clock import Later
from lms.core.courier import Courier
from lms.core.db import Mode, session
from lms.core.post import Mail
from tests.bad_days import mailbox, people
from tests.bad_days.installation import Installation
from tests.bad_days.mailbox import Mailbox
from tests.bad_days.place import Place
from tests.support import needs
from tests.support.waiting import until
from tests.support.worlds import World

SLOW = 30.0  #: seconds until the server answers
MORE = 0.02  #: seconds by which a page may be slower than with a good server, on a quiet machine


@needs.once
def test_no_page_and_no_job_waits_for_a_slow_server(
    the_app: Flask, place: Place, town: World, on_postgresql: bool
) -> None:
    if on_postgresql:
        pytest.skip("the database has no part in it")
    with mailbox.open_mailbox() as box, Installation(replace(place.settings, smtp_url=box.url)) as house:
        learner = people.learners(the_app, house.url, town.one, 1, 40)[0]
        usual = [_seconds(learner) for _ in range(15)]
        box.pause = SLOW
        write(4)
        until(lambda: _states().get("leaving"), 20, house.said)
        slow = [_seconds(learner) for _ in range(15)]
        assert _states().get("leaving"), "the server has not answered yet"
        box.pause = 0.0
    print(
        f"\na form takes {min(usual) * 1000:.0f} ms, and {min(slow) * 1000:.0f} ms with a mail server of {SLOW:.0f} s"
    )
    assert min(slow) <= min(usual) * 1.5 + MORE


@pytest.fixture
def box(place: Place) -> Iterator[tuple[Mailbox, Courier]]:
    """A mail server, and a courier of this process who goes there."""
    with mailbox.open_mailbox() as made:
        yield made, Courier(made.url, place.settings.var, "http://ecole.example")


@needs.once
def test_a_courier_with_a_slow_server_hands_back_what_it_holds(
    box: tuple[Mailbox, Courier], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's processes do jobs too: they must not wait for twenty mails of half a minute each."""
    server, postman = box
    monkeypatch.setattr(courier, "TURN", 0.3)
    server.pause = 0.2
    write(10)
    began = time.monotonic()
    assert postman.turn()
    assert time.monotonic() - began < 2
    states = _states()
    assert states["sent"] in (1, 2, 3)
    assert states == {"sent": states["sent"], "waiting": 10 - states["sent"]}
    server.pause = 0.0
    assert postman.turn()
    assert _states() == {"sent": 10}
    assert (len(server.mails), server.doubles) == (10, 0)


@pytest.mark.parametrize(
    ("how", "copies"),
    [({"answer": "451 later"}, 1), ({"hangs_up": True}, 2), ({"hangs_up": True, "answer": "451 later"}, 1)],
    ids=["451", "hangs up after it took the mail", "hangs up before"],
)
def test_a_moody_server_gets_it_later_and_under_one_name(
    box: tuple[Mailbox, Courier], how: dict[str, object], copies: int
) -> None:
    server, postman = box
    for name, value in how.items():
        setattr(server, name, value)
    write(1)
    assert postman.turn()
    assert _states() == {"waiting": 1}
    server.hangs_up, server.answer = False, "250 OK"
    with db.transaction():
        session.execute(update(Mail).values(due_at=Later(-1)))
    assert postman.turn()
    assert _states() == {"sent": 1}
    assert (len(server.mails), server.strangers()) == (copies, [])


def test_what_the_server_refuses_for_good_is_tried_once(box: tuple[Mailbox, Courier]) -> None:
    server, postman = box
    server.answer = "554 no"
    write(1)
    postman.turn()
    assert (_states(), postman.turn(), server.tried) == ({"failed": 1}, False, 1)


def write(number: int) -> None:
    """Mails that are due."""
    with db.transaction():
        details = {
            "first_name": "Léa",
            "cohort": "C",
            "organisation": "O",
            "phone": "",
            "address": "http://localhost",
        }
        for n in range(number):
            post.send("enrolment.welcome", f"p{n}@exemple.fr", details, key=f"k{n}")
        session.execute(update(Mail).values(due_at=Later(-1)))


def _seconds(learner: people.Learner) -> float:
    """How long one step marked complete takes."""
    began = time.monotonic()
    learner.finish(learner.steps[len(learner.done)])
    return time.monotonic() - began


def _states() -> dict[str, int]:
    with db.transaction(Mode.READ):
        counted = session.execute(select(Mail.state, func.count()).group_by(Mail.state))
        return {row[0]: row[1] for row in counted}
