"""Row 2: imports of 2,000 rows, each with 200 mails, while web, worker and database are killed at random moments."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest
from flask import Flask
from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.jobs import Job
from lms.core.post import Mail
from lms.enrolment.models import Batch, Cohort, Enrolment, ImportRun, ImportState, Member, StagedRow
from lms.people.models import Person, sorted_as
from tests.bad_days import mailbox, people
from tests.bad_days.installation import Installation
from tests.bad_days.mailbox import Mailbox
from tests.bad_days.people import Browser
from tests.bad_days.place import Place
from tests.support.waiting import until
from tests.support.worlds import Corner, World

FULL = int(os.environ.get("KILLS", "50"))
ROWS, MAILS = 2000, 200
A_ROUND = 3  #: kills: an import that its workers die of again and again is given up after five
LONGEST = 240.0  #: seconds that a round may take
HEADER = "Nom;Prénom;Courriel;Date de naissance;Identifiant DE"
Deed = Callable[[random.Random], bool]


@dataclass(slots=True)
class Killer:
    """Kills somebody at random moments while a round goes on."""

    deeds: dict[str, Deed]
    chance: random.Random
    spread: float  #: seconds between two kills at most
    kills: Counter[str] = field(default_factory=Counter)

    def strike(self, number: int, over: threading.Event) -> None:
        """So many kills, or until the round is over."""
        for _ in range(number):
            if over.wait(self.chance.uniform(0.05, self.spread)):
                return
            name = min(self.deeds, key=lambda one: (self.kills[one], self.chance.random()))
            if self.deeds[name](self.chance):
                self.kills[name] += 1


def survives(
    app: Flask, place: Place, town: World, kills: int, spread: float, most: int = 1000, seed: int = 2
) -> None:
    """So many kills, in no more than ``most`` imports."""
    with mailbox.open_mailbox() as box:
        with Installation(replace(place.settings, smtp_url=box.url)) as house:
            killer = Killer(_deeds(house, place), random.Random(seed), spread)
            claire = people.browser(app, house.url, town.one.adviser)
            began, rounds = time.monotonic(), 0
            while killer.kills.total() < kills and rounds < most:
                _round(house, killer, min(A_ROUND, kills - killer.kills.total()), claire, town.one, rounds)
                rounds += 1
            wanted = {f"p{n}-{m}@exemple.fr" for n in range(rounds) for m in range(MAILS)}
            until(
                lambda: wanted <= box.addresses and not _mails_left(),
                150,
                lambda: _mails_told() + house.said(),
            )
        _reckon(town.one, box, wanted, rounds)
    assert killer.kills
    # One mail wide is the window between the server's answer and our mark; a worker has two processes.
    assert box.doubles <= killer.kills["worker child"] + 2 * (
        killer.kills["worker"] + killer.kills["backend"]
    )
    print(
        f"\n{killer.kills.total()} kills {dict(killer.kills)} in {rounds} imports of {ROWS} rows, {time.monotonic() - began:.0f} s:"
        f" rows lost 0, twice 0; {len(wanted)} mails, lost 0, doubles {box.doubles}, under another Message-ID 0"
    )
    assert not place.faults()


def _deeds(house: Installation, place: Place) -> dict[str, Deed]:
    found: dict[str, Deed] = {
        whom: lambda chance, whom=whom: house.kill(whom, chance)  # type: ignore[misc]
        for whom in ("worker child", "worker", "web child", "web")
    }
    if place.server is not None:
        server = place.server
        found["backend"] = lambda _chance: server.is_up() and server.answers() and server.shoot_a_backend()
    return found


def _round(
    house: Installation, killer: Killer, kills: int, claire: Browser, corner: Corner, number: int
) -> None:
    """Claire sends a file, has it written and waits, whatever happens meanwhile."""
    over = threading.Event()
    thread = threading.Thread(target=killer.strike, args=(kills, over), daemon=True)
    thread.start()
    try:
        import_id = _send(claire, corner, number, house)
        claire.send(f"/cohorts/imports/{import_id}/write", on=f"/cohorts/imports/{import_id}")
        until(
            lambda: _state(corner, import_id) == ImportState.DONE,
            LONGEST,
            lambda: _jobs_told() + house.said(),
        )
    finally:
        over.set()
        thread.join()


def _send(claire: Browser, corner: Corner, number: int, house: Installation) -> int:
    answer = claire.send(
        "/cohorts/imports/new",
        cohort="0", name=f"Cohorte {number}", path=f"course:{corner.course_id}",
        files={"file": (f"gens-{number}.csv", _file(number).encode())},
    )  # fmt: skip
    assert answer.status_code == 302, answer.text[:3000]
    job_id = int(answer.headers["Location"].rsplit("/", 1)[1])
    with db.transaction(Mode.READ, corner.tenant_id):
        import_id = session.scalars(select(ImportRun.id).where(ImportRun.job_id == job_id)).one()
    until(
        lambda: _state(corner, import_id) == ImportState.CHECKED, LONGEST, lambda: _jobs_told() + house.said()
    )
    return import_id


def _file(number: int) -> str:
    """2,000 people of their own, of whom 200 have an address."""
    lines = [HEADER]
    for n in range(ROWS):
        mail = f"p{number}-{n}@exemple.fr" if n < MAILS else ""
        name = "".join(chr(97 + n // 26**power % 26) for power in range(3))
        lines.append(
            f"Tenace {chr(65 + number // 26)}{chr(65 + number % 26)};Lea{name};{mail};14/07/1985;{number:03d}{n:05d}"
        )
    return "\n".join(lines) + "\n"


def _state(corner: Corner, import_id: int) -> str:
    try:
        with db.transaction(Mode.READ, corner.tenant_id):
            return str(session.scalar(select(ImportRun.state).where(ImportRun.id == import_id)))
    except db.AWAY:
        return "unknown"


def _mails_left() -> int:
    with db.transaction(Mode.READ, of_all=True):
        return session.scalar(select(func.count()).select_from(Mail).where(Mail.state != "sent")) or 0


def _mails_told() -> str:
    with db.transaction(Mode.READ, of_all=True):
        return f"{session.execute(select(Mail.state, func.count()).group_by(Mail.state)).all()}\n"


def _jobs_told() -> str:
    with db.transaction(Mode.READ, of_all=True):
        found = session.execute(
            select(Job.id, Job.kind, Job.state, Job.attempt, Job.progress, Job.error).where(
                Job.state != "done"
            )
        ).all()
    return f"{found}\n"


def _reckon(corner: Corner, box: Mailbox, wanted: set[str], rounds: int) -> None:
    """Each row once, progress as it is, each mail at least once and under one name."""
    with db.transaction(Mode.READ, corner.tenant_id):
        for number in range(rounds):
            cohort = session.scalars(select(Cohort).where(Cohort.name == f"Cohorte {number}")).one()
            for table in (Member, Enrolment):
                assert _count(table.cohort_id == cohort.id) == ROWS
            assert _count(Person.sort_name.startswith(_sorted(number))) == ROWS
            assert session.scalars(select(Batch.imported).where(Batch.cohort_id == cohort.id)).all() == [ROWS]
        assert _count(StagedRow.id > 0) == 0
        done = session.execute(
            select(Job.state, Job.progress).where(Job.kind == "enrolment.write_file")
        ).all()
        assert [tuple(row) for row in done] == [("done", ROWS)] * rounds
        assert _count(Mail.state == "sent") == len(wanted)
    assert box.addresses == wanted
    assert box.strangers() == []


def _count(condition: object) -> int:
    return session.scalar(select(func.count()).where(condition)) or 0  # type: ignore[arg-type]


def _sorted(number: int) -> str:
    return sorted_as("", f"Tenace {chr(65 + number // 26)}{chr(65 + number % 26)}").strip()


def test_a_few_kills(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, 3, 0.6, most=3)  # a quick machine has done an import within three seconds


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_in_full(the_app: Flask, place: Place, town: World) -> None:
    survives(the_app, place, town, FULL, 6.0)
