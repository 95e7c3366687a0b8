"""The journal: a line stands exactly when its deed does, and a refusal's line outlives the refusal."""

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db, journal
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.core.journal import Entry, Oneself
from tests.support.sight import everything


class Somebody:
    """Whoever acts."""

    account_id, person_id, tenant_id = 9, 7, 3


def lines() -> list[Entry]:
    with everything(Mode.READ):
        return list(session.scalars(select(Entry).order_by(Entry.id)))


def test_a_line_says_who_did_what_and_when(app: Flask) -> None:
    with db.transaction(tenant_id=3):
        journal.note("enrolled", Somebody(), cohort=7, rows=40)
    (line,) = lines()
    assert (line.verb, line.account_id, line.person_id, line.tenant_id) == ("enrolled", 9, 7, 3)
    assert line.details == {"cohort": 7, "rows": 40}
    assert 0 <= (now() - line.at).total_seconds() < 60


def test_a_line_says_whom_it_concerns(app: Flask) -> None:
    with db.transaction(tenant_id=3):
        journal.note("rights-changed", Somebody(), person=12)
        journal.note("looked-for", Somebody(), about=13, page="/learn")
        journal.note("card-opened", Oneself(4), person=None)
    assert [(line.subject_id, line.account_id) for line in lines()] == [(12, 9), (13, 9), (None, 4)]


def test_under_a_mandate_it_says_who_was_at_the_keys_and_for_whom(app: Flask) -> None:
    class AtTheKeys:
        account_id, person_id = 20, 21

    class InTheName(Somebody):
        behalf = AtTheKeys()

    with db.transaction(tenant_id=3):
        journal.note("acted-for", InTheName())
    (line,) = lines()
    assert (line.account_id, line.person_id, line.for_id) == (20, 21, 7)


def test_ones_own_file_is_nobodys_business(app: Flask) -> None:
    with db.transaction(Mode.READ, 3):
        journal.read(Somebody(), 7)
        journal.read(Somebody(), 8, "progress")
    (line,) = lines()
    assert (line.verb, line.person_id, line.subject_id) == ("personal-file-read", 7, 8)
    assert line.details == {"person": 8, "what": "progress", "roles": [], "organisation": 0}


def test_nobody_and_no_tenant_can_be_noted(app: Flask) -> None:
    with everything():
        journal.note("started")
        journal.note("refused", tenant_id=5)
    assert [(line.account_id, line.tenant_id) for line in lines()] == [(None, None), (None, 5)]


def test_a_named_tenant_goes_before_the_actors(app: Flask) -> None:
    with everything():
        journal.note("moved", Somebody(), tenant_id=4)
    assert [line.tenant_id for line in lines()] == [4]


def test_what_was_not_done_is_not_noted(app: Flask) -> None:
    with pytest.raises(RuntimeError), db.transaction(tenant_id=3):
        journal.note("enrolled", Somebody())
        raise RuntimeError
    assert lines() == []


def test_a_refusal_is_noted_though_nothing_else_is_kept(app: Flask) -> None:
    with pytest.raises(RuntimeError), db.transaction(tenant_id=3):
        journal.note("enrolled", Somebody())
        journal.note_refusal("refused", Somebody(), why="full")
        raise RuntimeError
    assert [(line.verb, line.tenant_id, line.details) for line in lines()] == [
        ("refused", 3, {"why": "full"})
    ]


def test_a_refusal_is_noted_once_when_the_rest_is_kept(app: Flask) -> None:
    with db.transaction(tenant_id=3):
        journal.note("tried", Somebody())
        journal.note_refusal("refused", Somebody())
    assert sorted(line.verb for line in lines()) == ["refused", "tried"]


def test_a_reader_may_leave_a_line_too(app: Flask) -> None:
    with db.transaction(Mode.READ, 3):
        journal.note_refusal("looked", Somebody())
    assert [line.verb for line in lines()] == ["looked"]


def test_what_cannot_be_stored_stops_the_deed(app: Flask) -> None:
    with pytest.raises(Exception, match="JSON"), db.transaction(tenant_id=3):
        journal.note("enrolled", Somebody(), on=object())
    assert lines() == []


def test_lines_outlive_what_they_speak_of(app: Flask) -> None:
    """Ids without foreign keys: no deletion reaches a line."""
    assert list(Entry.__table__.foreign_keys) == []


def test_nothing_in_the_house_changes_a_line() -> None:
    """The source is asked: no room updates or deletes entries; the chain lets go of its beginning."""
    from config.settings import ROOT

    guilty = [
        path.name
        for path in (ROOT / "lms").rglob("*.py")
        for word in ("update(Entry", "delete(Entry", "update(journal.Entry", "delete(journal.Entry")
        if word in path.read_text("utf-8")
    ]
    assert guilty == ["seals.py"]
