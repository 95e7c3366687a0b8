"""Row 29: a bit changes on the disk and nobody wrote it. The checks say so, no page shows it, and the backup brings the truth back."""

import sqlite3
from pathlib import Path

from flask import Flask
from sqlalchemy import select, text

from lms.core import db
from lms.core.backup import whole
from lms.core.db import Mode, session
from lms.organisations.models import Organisation
from lms.people.models import Person
from lms.progress import ledger
from lms.progress.queries import enrolments_below
from tests.bad_days import people
from tests.bad_days import place as places
from tests.bad_days.installation import Installation
from tests.bad_days.place import Place
from tests.progress import playing
from tests.support.worlds import World


def test_a_bit_that_fell_over(
    the_app: Flask, place: Place, new_place: Place, town: World, tmp_path: Path
) -> None:
    copy = tmp_path / "kokoroe.tar"
    whole.make(place.settings, copy)
    names = _names(town)
    file = _file_of_people(place)
    if place.server:
        place.server.stop()
    _flip(file, names[0].encode())
    if place.server:
        place.server.start()
        assert "checksum" in place.faults()
        _is_told(the_app, place, town)
    else:  # it keeps no checksums: what it notices is that table and index disagree
        assert "index" in place.faults()
    with places.at(place.settings, new_place):
        whole.restore(new_place.settings, copy, force=True)
        db.disconnect()
        assert _names(town) == names
        assert not new_place.faults()


def _is_told(app: Flask, place: Place, town: World) -> None:
    """No page shows what is not what was written: PostgreSQL refuses to read it, and people read words."""
    with Installation(place.settings) as house:
        admin = people.browser(app, house.url, town.one.admin)
        answer = admin.once("GET", "/people")
        assert answer is not None
        assert answer.status_code in (500, 503)
        assert "<h1" in answer.text


def _flip(file: Path, known: bytes) -> None:
    """One bit of a text that we know lies there."""
    content = bytearray(file.read_bytes())
    found = content.find(known)
    assert found >= 0, f"{known!r} is not in {file}"
    content[found + 3] ^= 1
    with file.open("r+b") as out:  # the same file: its owner and name stay
        out.write(content)


def test_a_bit_of_the_ledger(the_app: Flask, place: Place, town: World) -> None:
    """What no database can notice, as it was written properly: by whoever has the administrator's rights."""
    who = playing.learner(town.one)
    for minutes, step in enumerate(town.one.activity_ids):
        playing.do(who, step, minutes)
    with db.transaction(tenant_id=town.one.tenant_id):
        session.execute(text("update learning_event set seconds = seconds + 1 where number = 2"))
    with db.transaction(Mode.REPORT, town.one.tenant_id):
        root = session.get_one(Organisation, town.one.root_id)
        _, fault = ledger.check(town.one.tenant_id, enrolments_below(root))
    assert fault is not None
    assert fault.number == 2


def _names(town: World) -> list[str]:
    with db.transaction(Mode.READ, town.one.tenant_id):
        return sorted(session.scalars(select(Person.sort_name).where(Person.tenant_id == town.one.tenant_id)))


def _file_of_people(place: Place) -> Path:
    """Where the rows of people lie."""
    db.disconnect()
    if place.server is None:
        raw = sqlite3.connect(place.file)
        raw.execute("pragma wal_checkpoint(truncate)")
        raw.close()
        return place.file
    with place.server.connect(places.DATABASE) as connection:
        connection.execute("checkpoint")
        found = connection.execute("select pg_relation_filepath('person')").fetchone()
    return place.server.data / str(found and found[0])
