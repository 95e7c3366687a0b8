"""What is to be declared follows from how members stand; ticks stay true to what was typed in, whatever happens since."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy import delete, func, select, update

from lms.core import db
from lms.core.clock import now, today
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment import queries, services
from lms.enrolment.models import Batch, Cohort, Declaration, Enrolment, Member
from lms.enrolment.portals import Fact, Portal, Slot
from lms.enrolment.queries.declaration_lines import Line, State
from lms.enrolment.queries.declarations import DeclarationFilter
from lms.enrolment.services import NothingChosen
from lms.enrolment.states import Deed, MemberState
from lms.organisations.actor import Actor
from lms.organisations.features import OWN_CASELOAD
from lms.organisations.models import Membership, Organisation, Role
from tests.enrolment.conftest import Import
from tests.enrolment.test_pages import Visit, post
from tests.enrolment.test_undo import outlook, undo
from tests.support import worlds
from tests.support.queries import statements
from tests.support.worlds import Corner, Someone, World

#: A scheme as files and people write it, and where it is declared; written by hand.
SCHEMES = [
    ("AIF", "kairos"), ("aif", "kairos"), ("Autres_AFC", "kairos"), ("AFC 2026 lot 3", "kairos"), ("41N", "kairos"),
    ("FOAD", "kairos"), ("POEI", "kairos"), ("POEC/Atlas", "kairos"), ("AFPR", "kairos"), ("Kairos", "kairos"),
    ("CPF", "edof"), ("CPF-DE", "edof"), ("Mon CPF (autonome)", "edof"), ("CPF + AIF", "edof"), ("EDOF", "edof"),
    ("CPF de transition", None), ("PTP", None), ("CPF-transition", None),
    ("", None), ("PRF", None), ("Plan de développement", None), ("Poemes", None), ("cpfx", None), ("100%", None),
]  # fmt: skip
AT = datetime(2026, 11, 12, 9, tzinfo=UTC)  #: a Thursday
R, C, E, P, S, D, A, N = MemberState
#: State, cause, whether they entered and completed, last day before today; and the facts: of the entry, of the exit.
FACTS: list[tuple[MemberState, str, bool, bool, int, Fact | None, Fact | None]] = [
    (R, "", False, False, 30, None, None),
    (R, "", False, False, -30, None, None),
    (C, "", False, False, -30, None, None),
    (E, "", True, False, 30, Fact.ENTRY, None),
    (P, "", True, False, 0, Fact.ENTRY, None),
    (P, "", True, False, -1, Fact.ENTRY, Fact.END),
    (S, "", True, False, 30, Fact.ENTRY, None),
    (S, "", True, False, -1, Fact.ENTRY, Fact.END),
    (D, "", True, True, 30, Fact.ENTRY, Fact.END),
    (A, "job", True, False, 30, Fact.ENTRY, Fact.ABANDON),
    (A, "job", True, False, -30, Fact.ENTRY, Fact.ABANDON),
    (A, "job", False, False, 30, Fact.NO_ENTRY, None),
    (N, "not-entered", False, False, 30, Fact.NO_ENTRY, None),
    (A, "entered-by-mistake", True, False, 30, None, None),
    (A, "entered-by-mistake", False, False, 30, None, None),
]


def acting(who: Someone, *roles: Role, **more: Any) -> Actor:
    return Actor(
        who.account_id, who.person_id, 1, who.tenant_id, who.organisation_id, "", "", who.name,
        frozenset(roles or {Role.ADVISER}), **more,
    )  # fmt: skip


@pytest.fixture
def claire(world: World) -> Actor:
    return acting(world.one.adviser)


def put(corner: Corner, **values: Any) -> int:
    """The learner of the corner, standing so; a cohort's values begin with ``cohort_``. The number of the member."""
    of_cohort = {name[7:]: values.pop(name) for name in list(values) if name.startswith("cohort_")}
    with db.transaction(Mode.WRITE, corner.tenant_id):
        member = session.query(Member).filter_by(person_id=corner.learner.person_id).one()
        cohort = session.get_one(Cohort, member.cohort_id)
        for name, value in of_cohort.items():
            setattr(cohort, name, value)
        for name, value in values.items():
            setattr(member, name, value)
        return member.id


def lines(actor: Actor, member: int) -> dict[Slot, Line]:
    with db.transaction(Mode.READ, actor.tenant_id):
        found = queries.declared_member(actor, member)
        return {one.slot: one for one in found.lines} if found else {}


def listed(actor: Actor, **asked: Any) -> list[Line]:
    with db.transaction(Mode.READ, actor.tenant_id):
        rows: Any = queries.declarations(actor, DeclarationFilter(**asked)).page.rows
        return list(rows)


def tick(actor: Actor, *found: Line, reference: str = "") -> int:
    with db.transaction(Mode.WRITE, actor.tenant_id):
        return services.declare(found, reference, actor)


def test_the_scheme_tells_the_portal(world: World, claire: Actor) -> None:
    for scheme, portal in SCHEMES:
        member = put(world.one, scheme=scheme, cohort_scheme="", entered_at=now(), state=E)
        wanted = [portal] if portal else []
        assert [one.portal for one in lines(claire, member).values()] == wanted, scheme
        put(world.one, scheme="", cohort_scheme=scheme)
        assert [one.portal for one in lines(claire, member).values()] == wanted, scheme
    put(world.one, scheme="PRF", cohort_scheme="AIF")
    assert not lines(claire, member), "their own scheme comes before the cohort's"
    for chosen in (Portal.EDOF, Portal.KAIROS):
        put(world.one, cohort_portal=chosen)
        assert [one.portal for one in lines(claire, member).values()] == [chosen]
    put(world.one, cohort_portal=Portal.NOWHERE)
    assert not lines(claire, member)


def test_states_and_days_tell_the_facts(world: World, claire: Actor) -> None:
    for said in FACTS:
        tells(world, claire, said)


def tells(world: World, claire: Actor, said: tuple[Any, ...]) -> None:
    state, cause, entered, completed, left, of_entry, of_exit = said
    last = today() + timedelta(days=left)
    at = now() - timedelta(hours=1)
    values = {
        "state": state, "withdrawal_reason": cause, "entered_at": at if entered else None,
        "completed_at": at if completed else None, "withdrawn_at": at if state in (A, N) else None,
    }  # fmt: skip
    for dates in ({"leaves_on": last}, {"leaves_on": None, "cohort_due_on": last}):
        member = put(world.one, scheme="AIF", **values, **dates)
        found = lines(claire, member)
        assert {slot: one.fact for slot, one in found.items()} == {
            slot: fact for slot, fact in ((Slot.ENTRY, of_entry), (Slot.EXIT, of_exit)) if fact
        }
        assert {one.key for one in listed(claire)} == {one.key for one in found.values()}
        if of_exit is Fact.END and not completed:
            assert found[Slot.EXIT].day == last
        if of_exit is Fact.ABANDON or of_entry is Fact.NO_ENTRY:
            assert {one.cause for one in found.values()} == {cause, ""} - ({""} if len(found) == 1 else set())


def test_the_day_is_that_of_the_organisation(world: World, claire: Actor) -> None:
    late = datetime(2026, 11, 10, 21, 30, tzinfo=UTC)  # 22:30 in Paris, 1:30 the next day on Réunion
    member = put(world.one, scheme="AIF", entered_at=late, state=E)
    found = lines(claire, member)[Slot.ENTRY]
    assert (found.day, found.due_on) == (date(2026, 11, 10), date(2026, 11, 16))
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        session.get_one(Organisation, world.one.agency_id).zone = "Indian/Reunion"
    found = lines(claire, member)[Slot.ENTRY]
    assert (found.day, found.due_on) == (date(2026, 11, 11), date(2026, 11, 16))
    put(world.one, entered_at=datetime(2027, 12, 17, 6, tzinfo=UTC))
    assert lines(claire, member)[Slot.ENTRY].due_on == date(2027, 12, 23)
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        session.get_one(Organisation, world.one.agency_id).zone = "Europe/Paris"
        session.get_one(Organisation, world.one.agency_id).address = "1 quai Kléber, 67000 Strasbourg"
    put(world.one, entered_at=datetime(2025, 12, 24, 6, tzinfo=UTC))
    assert lines(claire, member)[Slot.ENTRY].due_on == date(2025, 12, 31)


def test_what_happened_more_than_a_year_ago_is_not_asked_for(world: World, claire: Actor) -> None:
    member = put(world.one, scheme="AIF", entered_at=now() - timedelta(days=364), state=E)
    assert [one.state for one in listed(claire)] == [State.LATE]
    put(world.one, entered_at=now() - timedelta(days=367))
    assert not lines(claire, member)
    assert not listed(claire)


def test_a_tick_keeps_who_when_and_what(world: World, claire: Actor) -> None:
    member = put(
        world.one, scheme="AIF", entered_at=AT, state=A, withdrawn_at=AT + timedelta(days=4),
        withdrawal_reason="job", steps_done=1, steps_total=3,
    )  # fmt: skip
    with db.transaction(Mode.READ, claire.tenant_id):
        keys = {
            f"{member}-entry-entry-kairos-2026-11-12-": member,
            f"{member}-exit-abandon-kairos-2026-11-16-job": member,
            f"{member}-exit-abandon-kairos-2026-11-15-job": member,
            "0-exit": 0,
        }
        chosen = queries.chosen_lines(claire, keys)
    assert [(one.fact, one.due_on) for one in chosen] == [
        (Fact.ENTRY, date(2026, 11, 17)), (Fact.ABANDON, date(2026, 11, 19)),
    ]  # fmt: skip
    assert tick(claire, *chosen, reference="  AES  42 ") == 2
    found = lines(claire, member)
    assert {one.state for one in found.values()} == {State.DECLARED}
    kept = found[Slot.EXIT].said
    assert kept is not None
    assert (kept.fact, kept.portal, kept.day, kept.cause, kept.rate) == (
        Fact.ABANDON,
        "kairos",
        date(2026, 11, 16),
        "job",
        33,
    )
    assert (kept.by_id, kept.reference) == (claire.person_id, "AES 42")
    assert abs(kept.at - now()) < timedelta(minutes=1)
    assert not listed(claire)
    assert len(listed(claire, state="declared")) == 2
    with pytest.raises(NothingChosen):
        tick(claire, *found.values())
    assert tick(claire, *chosen) == 2, "somebody else had the page open: their ticks change nothing"
    assert lines(claire, member)[Slot.EXIT].said == kept
    ticked = [*lines(claire, member).values()]
    with db.transaction(Mode.WRITE, claire.tenant_id):
        assert services.take_tick_back(ticked, claire) == 2
    assert len(listed(claire)) == 2
    with db.transaction(Mode.READ, claire.tenant_id):
        verbs = session.execute(
            select(Entry.verb, Entry.subject_id).where(Entry.verb.startswith("decla"))
        ).all()
        assert set(verbs) == {
            ("declared", world.one.learner.person_id),
            ("declaration-unticked", world.one.learner.person_id),
        }


CHANGES: list[tuple[dict[str, Any], State, Fact | None]] = [
    ({"withdrawal_reason": "moved-away"}, State.TO_CORRECT, Fact.ABANDON),
    ({"withdrawn_at": AT + timedelta(days=5)}, State.TO_CORRECT, Fact.ABANDON),
    ({"withdrawn_at": AT + timedelta(days=4, hours=3)}, State.DECLARED, Fact.ABANDON),  # the same day
    ({"withdrawal_reason": "entered-by-mistake"}, State.TO_CORRECT, None),
    ({"state": P, "withdrawn_at": None, "withdrawal_reason": ""}, State.TO_CORRECT, None),
    ({"state": D, "withdrawn_at": None, "withdrawal_reason": "", "completed_at": AT + timedelta(days=4)}, State.TO_CORRECT, Fact.END),
    ({"scheme": "CPF"}, State.TO_CORRECT, Fact.ABANDON),
    ({"scheme": "PRF"}, State.TO_CORRECT, None),
    ({"cohort_portal": Portal.NOWHERE}, State.TO_CORRECT, None),
    ({"steps_done": 2, "seconds": 600, "leaves_on": date(2027, 1, 1)}, State.DECLARED, Fact.ABANDON),
]  # fmt: skip


def test_a_tick_that_holds_no_more_is_to_be_corrected(world: World, claire: Actor) -> None:
    for change in CHANGES:
        corrects(world, claire, *change)
        with db.transaction(Mode.WRITE, claire.tenant_id):
            session.execute(delete(Declaration))


def corrects(world: World, claire: Actor, values: dict[str, Any], state: State, fact: Fact | None) -> None:
    member = put(
        world.one, scheme="AIF", cohort_portal=None, entered_at=AT, state=A, withdrawn_at=AT + timedelta(days=4),
        completed_at=None, withdrawal_reason="job", steps_done=0, steps_total=3, leaves_on=None,
    )  # fmt: skip
    left = lines(claire, member)[Slot.EXIT]
    tick(claire, left)
    put(world.one, **values)
    found = lines(claire, member)[Slot.EXIT]
    assert (found.state, found.fact) == (state, fact)
    assert (found.key in {one.key for one in listed(claire, state="to-correct")}) == (
        state is State.TO_CORRECT
    )
    if state is State.TO_CORRECT:
        tick(claire, found, reference="corrigé")
        again = lines(claire, member).get(Slot.EXIT)
        assert (again.state if again else None) == (State.DECLARED if fact else None)
        assert again is None or (again.said is not None and again.said.reference == "corrigé")


def test_an_undo_takes_what_is_open_and_what_was_ticked_is_to_be_corrected(
    world: World, claire: Actor
) -> None:
    one = world.one
    member = put(one, scheme="AIF", entered_at=AT, state=P, steps_done=1)
    with db.transaction(Mode.WRITE, one.tenant_id):
        session.execute(
            update(Enrolment).where(Enrolment.member_id == member).values(started_at=AT, steps_done=1)
        )
    for ticks in (False, True):
        with db.transaction(Mode.WRITE, one.tenant_id):
            cohort = session.get_one(Cohort, one.cohort_id)
            batch = services.change_state([member], cohort, Deed.ABANDON, claire, "job").batch.id
        assert lines(claire, member)[Slot.EXIT].fact is Fact.ABANDON
        if ticks:
            tick(claire, lines(claire, member)[Slot.EXIT])
            assert outlook(world, batch) == {"declared": 1}
        undo(world, batch, told=ticks)
        left = lines(claire, member).get(Slot.EXIT)
        assert (left.state if left else None) == (State.TO_CORRECT if ticks else None)
    assert left is not None
    assert (left.fact, left.said is not None and left.said.fact) == (None, Fact.ABANDON)
    tick(claire, left)
    assert Slot.EXIT not in lines(claire, member)


def test_a_file_taken_back_leaves_what_was_declared(world: World, claire: Actor, imported: Import) -> None:
    number = imported(
        "Nom;Prénom;Identifiant DE;Dispositif\nByron;Ada;7654321B;AIF\nHopper;Grace;7654322C;AIF\n"
    ).batch_id
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        ada = session.scalars(select(Member.id).where(Member.batch_id == number).order_by(Member.id)).first()
        session.execute(update(Enrolment).where(Enrolment.member_id == ada).values(started_at=now()))
        session.execute(update(Member).where(Member.id == ada).values(entered_at=now(), state=E))
    assert ada is not None
    tick(claire, *lines(claire, ada).values())
    assert outlook(world, number) == {"begun": 1, "declared": 1}
    done = undo(world, number, told=True)
    assert (done.people, done.left_out) == (2, 0)
    (found,) = lines(claire, ada).values()
    assert (found.state, found.fact, found.slot) == (State.TO_CORRECT, None, Slot.ENTRY)


def test_who_sees_what(world: World, visit: Visit) -> None:
    one = world.one
    worlds.every_role(one)
    worlds.in_sight_of_few(one)
    member = put(one, scheme="AIF", entered_at=now(), state=E)
    for who in (one.partner, one.learner, one.trainer, one.manager, one.mediator, one.auditor):
        for address in ("", ".xlsx", ".csv"):
            assert visit(who).get(f"/cohorts/declarations{address}").status == 403, who.login
        assert visit(who).get(f"/cohorts/declarations/{member}").status == 404, who.login
    for who in (one.other_adviser, one.hr, world.two.adviser):
        assert "Nadia" not in visit(who).get("/cohorts/declarations").words
        assert visit(who).get(f"/cohorts/declarations/{member}").status == 404, who.login
    for who in (one.adviser, one.admin):
        assert "Nadia" in visit(who).get("/cohorts/declarations").words
        assert visit(who).get(f"/cohorts/declarations/{member}").status == 200


def test_an_adviser_of_a_caseload_sees_their_own(world: World) -> None:
    one = world.one
    member = put(one, scheme="AIF", entered_at=now(), state=E)
    claire = acting(one.adviser, features=frozenset({OWN_CASELOAD}))
    assert not listed(claire)
    assert not lines(claire, member)
    with db.transaction(Mode.WRITE, one.tenant_id):
        learning = session.query(Membership).filter_by(person_id=one.learner.person_id)
        learning.update({"follower_id": one.adviser.person_id})
    assert len(listed(claire)) == 1
    assert not listed(acting(one.partner, Role.PARTNER))


def test_the_list_is_ticked_off_and_taken_back(world: World, visit: Visit) -> None:
    one = world.one
    member = put(one, cohort_scheme="AIF", entered_at=now() - timedelta(days=30), state=E)
    claire, key = visit(one.adviser), lines(acting(one.adviser), member)[Slot.ENTRY].key
    page = claire.get("/cohorts")
    assert "1 déclaration est en retard." in page.words.replace("\xa0", " ")
    page = claire.get("/cohorts/declarations")
    assert "Kairos (France Travail)" in page.words
    assert "Retard de" in page.words.replace("\xa0", " ")
    assert post(claire, "/cohorts/declarations").status == 422
    claire.get("/cohorts/declarations?state=late&portal=kairos")
    wrong = post(
        claire,
        "/cohorts/declarations?state=late&portal=kairos",
        declaration=key,
        reference="x" * 61,
    )
    assert wrong.status == 422
    assert "x" * 61 in [field.get("value") for field in wrong.all("input")], "nothing typed is lost"
    done = post(claire, "/cohorts/declarations?state=late", declaration=key, reference="AES 1")
    assert "1 déclaration est cochée." in done.words.replace("\xa0", " ")
    page = claire.get("/cohorts/declarations?state=declared")
    assert "AES 1" in page.words
    assert "retard" not in claire.get("/cohorts").words
    back = post(claire, "/cohorts/declarations/untick?state=declared", declaration=key)
    assert back.status == 200
    assert "Retard de" in claire.get("/cohorts/declarations").words.replace("\xa0", " ")
    for strange in (
        "x-entry",
        f"{member}",
        f"{member}-x",
        "9" * 30 + "-entry",
        key.replace("kairos", "edof"),
    ):
        claire.get("/cohorts/declarations")
        assert post(claire, "/cohorts/declarations", declaration=strange).status == 422
    for address in ("?cohort=x&portal=y&state=z&page=-1", "?page=99", f"?cohort={'9' * 30}"):
        assert claire.get(f"/cohorts/declarations{address}").status == 200


def test_all_of_a_list_are_ticked_off_at_once(world: World, visit: Visit) -> None:
    one = world.one
    put(one, cohort_scheme="CPF")
    with db.transaction(Mode.WRITE, one.tenant_id):
        session.execute(
            update(Member).where(Member.cohort_id == one.cohort_id).values(entered_at=now(), state=E)
        )
    claire = visit(one.adviser)
    assert "EDOF" in claire.get("/cohorts/declarations").words
    post(claire, "/cohorts/declarations?portal=kairos", all="1")
    assert len(listed(acting(one.adviser))) == 2
    claire.get("/cohorts/declarations")
    post(claire, f"/cohorts/declarations?portal=edof&cohort={one.cohort_id}", all="1")
    assert not listed(acting(one.adviser))
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(func.count(Declaration.id))) == 2


def test_one_persons_values_are_ready_to_be_copied(world: World, visit: Visit) -> None:
    one = world.one
    member = put(
        one, scheme="AIF", entered_at=AT, state=A, withdrawn_at=AT, withdrawal_reason="job", steps_done=1,
        steps_total=3, seconds=5400, session_number="SE_9", cohort_agreement="CONV-1",
    )  # fmt: skip
    claire, keys = (
        visit(one.adviser),
        {slot: line.key for slot, line in lines(acting(one.adviser), member).items()},
    )
    page = claire.get(f"/cohorts/declarations/{member}")
    copied = [button.get("data-copy") for button in page.all("button") if button.get("data-copy")]
    # 20 minutes are planned; a third of the steps is done, so 67 % of them are not.
    wanted = [
        "Nadia",
        "CONV-1",
        "SE_9",
        "12/11/2026",
        "A trouvé un emploi",
        "En partie",
        "33",
        "0,33",
        "1,5",
        "0,22",
    ]
    assert [one_ for one_ in wanted if one_ not in copied] == []
    ticked = post(claire, f"/cohorts/declarations/{member}", declaration=keys[Slot.EXIT], reference="EX-7")
    assert "EX-7" in ticked.words
    assert "Retirer la coche" in ticked.words
    assert post(claire, f"/cohorts/declarations/{member}", declaration=keys[Slot.EXIT] + "x").status == 422
    claire.get(f"/cohorts/declarations/{member}")
    wrong = post(claire, f"/cohorts/declarations/{member}", declaration=keys[Slot.ENTRY], reference="y" * 61)
    assert wrong.status == 422
    assert "y" * 61 in [field.get("value") for field in wrong.all("input")]


def test_the_list_as_a_file(world: World, visit: Visit) -> None:
    one = world.one
    put(one, scheme="CPF", entered_at=AT, state=D, completed_at=AT, steps_done=3, steps_total=3, seconds=3600)
    claire = visit(one.adviser)
    sent = claire.client.get("/cohorts/declarations.xlsx?portal=edof")
    sheet = openpyxl.load_workbook(io.BytesIO(sent.data)).worksheets[0]
    header, *rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    told = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["Quoi"] for row in told] == ["Entrée", "Fin de formation"]
    assert told[1]["Taux de réalisation"] == 1
    assert told[1]["À déclarer au plus tard le"] == datetime(2026, 11, 17)  # noqa: DTZ001  (a sheet knows no zone)
    text = claire.client.get("/cohorts/declarations.csv").data.decode("utf-8-sig")
    (first, second) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (first["Prénom"], second["Heures réalisées (mesurées)"]) == ("Nadia", "1:00")
    assert len(claire.client.get("/cohorts/declarations.csv?portal=kairos").data.splitlines()) == 1
    with db.transaction(Mode.READ, one.tenant_id):
        assert session.scalar(select(func.count()).where(Entry.verb == "declarations-exported")) == 3


def test_statements_stay_the_same_however_many_people(world: World, claire: Actor) -> None:
    one = world.one
    put(one, cohort_scheme="AIF")

    def count(work: Callable[[], object]) -> int:
        with db.transaction(Mode.WRITE, one.tenant_id), statements() as sent:
            work()
            session.flush()
        return len(sent)

    def sweep() -> list[int]:
        with db.transaction(Mode.WRITE, one.tenant_id):
            session.execute(
                update(Member).where(Member.cohort_id == one.cohort_id).values(entered_at=now(), state=E)
            )
        works: list[Callable[[], object]] = [
            lambda: queries.declarations(claire, DeclarationFilter()),
            lambda: queries.declarations(claire, DeclarationFilter(state="declared")),
            lambda: queries.declarations_in_full(claire, DeclarationFilter()),
            lambda: queries.declarations_to_do(claire),
            lambda: services.declare(queries.declarations_in_full(claire, DeclarationFilter())[0], "x", claire),
            lambda: services.take_tick_back(queries.declarations_in_full(claire, DeclarationFilter(state="declared"))[0], claire),
        ]  # fmt: skip
        return [count(one_) for one_ in works]

    few = sweep()
    with db.transaction(Mode.WRITE, one.tenant_id):
        batch = session.scalars(select(Batch.id).where(Batch.cohort_id == one.cohort_id)).first()
        for n in range(70):
            who = worlds.person(one.tenant_id, one.agency_id, Role.LEARNER, f"Plus{n}", "Encore")
            session.add(
                Member(
                    tenant_id=one.tenant_id, cohort_id=one.cohort_id, person_id=who.person_id, batch_id=batch
                )
            )
    assert sweep() == few
