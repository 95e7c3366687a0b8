"""What was done is taken back: everything is as before, but for receipts, jobs, the journal and mails that left."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from lms.certificates import services as certificates
from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, Model, session
from lms.core.post import Mail
from lms.enrolment import queries, services
from lms.enrolment.models import Batch, BatchKind, Cohort, Enrolment, ImportMode, Member, Trace
from lms.enrolment.services import NotUndoable, Undone
from lms.enrolment.services.tracing import forget_old
from lms.enrolment.states import Deed, MemberState
from lms.enrolment.undoing import Traced, Undoing, UndoObjection
from lms.organisations.models import Organisation
from lms.people.models import Person
from tests.enrolment.conftest import Import
from tests.support.queries import statements
from tests.support.worlds import World

#: What an undo leaves: receipts and what they go by, jobs, the journal, and what belongs to no tenant.
LEFT = {"enrolment_batch", "enrolment_trace", "enrolment_import_row", "job", "journal_entry"}
HEADER = "Nom;Prénom;Identifiant DE;Courriel;Téléphone;Financeur;Session"
ADA, GRACE, MARY = "Byron;Ada;7654321B;ada@exemple.fr;0639981001;4;S1", "Hopper;Grace;7654322C;;;;S1", "Shelley;Mary;;mary@exemple.fr;0639981003;;"  # fmt: skip


def file(*lines: str) -> str:
    return "\n".join([HEADER, *lines, ""])


def whole(world: World) -> dict[str, list[str]]:
    """Every row of every table that an undo brings back."""
    tables = [table for table in Model.metadata.sorted_tables if table.name not in LEFT]
    with db.transaction(Mode.READ, world.one.tenant_id):
        return {
            table.name: sorted(repr(tuple(row)) for row in session.execute(select(table))) for table in tables
        }


def differing(one: dict[str, list[str]], other: dict[str, list[str]]) -> dict[str, set[str]]:
    """Rows of each table that only one of two states has."""
    found = {name: set(rows) ^ set(other[name]) for name, rows in one.items()}
    return {name: rows for name, rows in found.items() if rows}


def undo(world: World, batch_id: int | None, *, told: bool = False) -> Undone:
    @contextmanager
    def step(_people: int) -> Iterator[None]:
        with db.transaction(Mode.WRITE, world.one.tenant_id):
            yield

    with db.transaction(Mode.READ, world.one.tenant_id):
        batch = session.get_one(Batch, batch_id)
        session.expunge(batch)
    return services.undo(batch, step, told=told)


def outlook(world: World, batch_id: int | None) -> dict[str, int]:
    """What stands against an undo: for how many people."""
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = queries.outlook(session.get_one(Batch, batch_id))
        return {one.kind.name: one.number for one in found.against}


@contextmanager
def writing(world: World) -> Iterator[Cohort]:
    """A transaction, with the cohort that files go to."""
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        yield session.scalars(select(Cohort).where(Cohort.name == "Novembre")).one()


def members(cohort: Cohort) -> list[int]:
    """Its members, by name."""
    by_name = select(Member.id).join(Person, Person.id == Member.person_id).order_by(Person.sort_name)
    return list(session.scalars(by_name.where(Member.cohort_id == cohort.id)))


def test_a_file_of_new_people_is_taken_back(world: World, imported: Import) -> None:
    before = whole(world)
    report = imported(file(ADA, GRACE, MARY))
    assert differing(whole(world), before)
    done = undo(world, report.batch_id)
    assert (done.people, done.left_out) == (3, 0)
    assert differing(whole(world), before) == {}
    with db.transaction(Mode.READ, world.one.tenant_id):
        batch, receipt = session.get_one(Batch, report.batch_id), session.get_one(Batch, done.batch_id)
        assert (batch.cohort_id, batch.cohort_name, batch.undone_at is None) == (None, "Novembre", False)
        assert (receipt.kind, receipt.undoes_id, receipt.updated) == (BatchKind.UNDO, batch.id, 3)
    with pytest.raises(NotUndoable):
        undo(world, done.batch_id)


def test_a_file_that_changes_people_is_taken_back(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    before = whole(world)
    report = imported(file(ADA.replace("0639981001", "0639987777"), MARY), mode=ImportMode.REPLACE, leaving=1)
    assert undo(world, report.batch_id).people == 3
    assert differing(whole(world), before) == {}


_CELL = st.sampled_from(["", "4", "7"])
_LINE = st.builds(
    "{};{};{};{};{}".format,
    st.sampled_from(["Byron;Ada;7654321B", "Hopper;Grace;7654322C", "Shelley;Mary;7654323D", "Noether;Emmy;7654324E"]),
    st.sampled_from(["", "a@exemple.fr", "b@exemple.fr"]), st.sampled_from(["", "0639981001", "0639981002"]), _CELL,
    st.sampled_from(["", "S1", "S2"]),
)  # fmt: skip
_FILES = st.lists(_LINE, min_size=1, max_size=4, unique_by=lambda line: line[:8])


def _identity(world: World, imported: Import, lines: list[str], mode: ImportMode, days: int) -> None:
    due_on = (now() + timedelta(days=days)).date() if days else None
    before = whole(world)
    dry = imported(file(*lines), mode=mode, is_dry=True)
    report = imported(file(*lines), mode=mode, leaving=dry.leaving, due_on=due_on)
    if report.batch_id is None:  # a line was wrong: nothing was written
        assert differing(whole(world), before) == {}
        return
    assert undo(world, report.batch_id).left_out == 0
    assert differing(whole(world), before) == {}


@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@example(lines=["Byron;Ada;7654321B;;;;"], mode=ImportMode.CHANGES, days=0)  # says less, and changes nobody
@given(lines=_FILES, mode=st.sampled_from(ImportMode), days=st.sampled_from([0, 30]))
def test_import_then_undo_is_nothing(
    world: World, imported: Import, lines: list[str], mode: ImportMode, days: int
) -> None:
    imported(file("Byron;Ada;7654321B;a@exemple.fr;0639981001;4;S1", "Hopper;Grace;7654322C;;;;"))
    _identity(world, imported, lines, mode, days)


@pytest.mark.long
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(lines=_FILES, mode=st.sampled_from(ImportMode), days=st.sampled_from([0, 30]))
def test_import_then_undo_is_nothing_many_times(
    world: World, imported: Import, lines: list[str], mode: ImportMode, days: int
) -> None:
    imported(file("Byron;Ada;7654321B;a@exemple.fr;0639981001;4;S1", "Hopper;Grace;7654322C;;;;"))
    _identity(world, imported, lines, mode, days)


def test_what_was_done_by_hand_is_taken_back(world: World, imported: Import) -> None:
    imported(file(ADA, GRACE))
    with writing(world) as cohort:
        to = services.make_cohort(cohort_unit(cohort), "Décembre")
        said = {"first_name": "Emmy", "last_name": "Noether", "hr_number": "77"}
    deeds: list[Callable[[Cohort, list[int]], int]] = [
        lambda here, people: services.change_state(people, here, Deed.CONVOKE).batch.id,
        lambda here, people: services.change_state(people[:1], here, Deed.ABANDON, cause="job").batch.id,
        lambda here, _people: services.add_new(here, said, None).id,
        lambda here, people: latest(services.move(people[:1], here, to)),
    ]
    for deed in deeds:
        before = whole(world)
        with writing(world) as cohort:
            batch_id = deed(cohort, members(cohort))
        assert differing(whole(world), before)
        assert undo(world, batch_id).left_out == 0
        assert differing(whole(world), before) == {}


def cohort_unit(cohort: Cohort) -> Any:
    return session.get_one(Organisation, cohort.organisation_id)


def latest(_number: int) -> int:
    return session.scalars(select(Batch.id).order_by(Batch.id.desc()).limit(1)).one()


def test_who_began_or_was_changed_is_left_out_unless_told(world: World, imported: Import) -> None:
    report = imported(file(ADA, GRACE, MARY))
    with writing(world) as cohort:
        ada, grace, _mary = members(cohort)
        session.execute(update(Enrolment).where(Enrolment.member_id == ada).values(started_at=now()))
        session.execute(update(Member).where(Member.id == grace).values(funder="7"))
    assert outlook(world, report.batch_id) == {"begun": 1, "changed": 1}
    done = undo(world, report.batch_id)
    assert (done.people, done.left_out) == (1, 2)
    with writing(world) as cohort:
        assert members(cohort) == [ada, grace]
    done = undo(world, report.batch_id, told=True)
    assert (done.people, done.left_out) == (2, 0)
    with writing(world) as cohort:
        [left] = session.scalars(select(Member).where(Member.cohort_id == cohort.id)).all()
        assert (left.id, left.state, left.withdrawal_reason) == (
            ada,
            MemberState.ABANDONED,
            "entered-by-mistake",
        )
        assert session.scalar(select(Person.last_name).where(Person.id == left.person_id)) == "Byron"
        assert session.scalars(select(Person.id).where(Person.last_name == "Hopper")).all() == []


def test_a_certificate_stays_whatever_is_said(world: World, imported: Import) -> None:
    report = imported(file(ADA))
    with writing(world) as cohort:
        [ada] = members(cohort)
        done = {"started_at": now(), "completed_at": now()}
        session.execute(update(Enrolment).where(Enrolment.member_id == ada).values(done))
        own = list(session.scalars(select(Enrolment.id).where(Enrolment.member_id == ada)))
        certificates.issue(world.one.tenant_id, own)
    assert outlook(world, report.batch_id)["certificate"] == 1
    assert (undo(world, report.batch_id, told=True)).left_out == 1


def test_mails_that_wait_are_stopped_and_those_that_left_are_listed(world: World, imported: Import) -> None:
    report = imported(file(ADA, MARY))
    with writing(world):
        session.execute(
            update(Mail).where(Mail.address == "ada@exemple.fr").values(state="sent", sent_at=now())
        )
        assert [row.address for row in queries.mails(session.get_one(Batch, report.batch_id))] == [
            "ada@exemple.fr"
        ]
    undo(world, report.batch_id)
    with db.transaction(Mode.READ, world.one.tenant_id):
        left = session.scalars(select(Mail.address).where(Mail.kind == "enrolment.welcome")).all()
        assert left == ["ada@exemple.fr"]


def test_after_a_month_it_is_too_late(world: World, imported: Import) -> None:
    report = imported(file(ADA))
    with writing(world):
        session.execute(update(Batch).values(at=now() - timedelta(days=32)))
        forget_old(world.one.tenant_id)
        assert session.scalars(select(Trace.id)).all() == []
    with pytest.raises(NotUndoable):
        undo(world, report.batch_id)


def test_one_person_or_many_cost_the_same_statements(world: World, imported: Import) -> None:
    counts = []
    for lines in ([ADA], [f"Nom{chr(97 + n)};Ada;765430{n:02}B;;;;" for n in range(20)]):
        report = imported(file(*lines))
        with statements() as sent:
            undo(world, report.batch_id)
        counts.append(len(sent))
    assert counts[0] == counts[1]


def test_every_traced_table_names_what_it_has(world: World) -> None:
    for name, kind in Traced.registered.items():
        there = set(kind.table.__table__.c.keys())
        assert name == kind.table.__tablename__
        assert {*kind.columns, *kind.follows, *filter(None, [kind.person])} <= there, name
        assert set(kind.follows) <= set(kind.columns), name
        assert set(kind.goes_with) <= set(Model.metadata.tables), name
        assert str(kind.label), name


def test_every_objection_is_one_question_and_holds_for_nobody_at_first(
    world: World, imported: Import
) -> None:
    report = imported(file(ADA, GRACE))
    with db.transaction(Mode.READ, world.one.tenant_id):
        for name, kind in UndoObjection.registered.items():
            with statements() as sent:
                found = session.scalars(
                    kind().persons(Undoing(world.one.tenant_id, report.batch_id or 0))
                ).all()
            assert (found, len(sent)) == ([], 1), name
            assert str(kind.label), name
            assert str(kind.remedy), name
