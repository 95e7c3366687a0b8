"""The one state machine of a member: every state with every deed, and what the pages and the figures make of it."""

from itertools import product

import pytest
from sqlalchemy import func, select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.enrolment import services
from lms.enrolment.models import Batch, Cohort, Enrolment, Member
from lms.enrolment.services import NobodyChosen
from lms.enrolment.services.figures import sum_up
from lms.enrolment.states import (
    CAUSES,
    COUNTED,
    GONE,
    HELD,
    TRANSITIONS,
    Deed,
    MemberState,
    Trigger,
    may,
    targets,
)
from tests.support.worlds import World

R, C, E, P, S, D, A, N = MemberState
#: From which states each deed leads where; written by hand, and compared with the table of the house.
ALLOWED: dict[Deed, dict[MemberState, MemberState | None]] = {
    Deed.CONVOKE: {R: C},
    Deed.SUSPEND: {E: S, P: S},
    Deed.RESUME: {S: None},
    Deed.ABANDON: {R: A, C: A, E: A, P: A, S: A, D: A},
    Deed.NOT_ENTER: {R: N, C: N},
    Deed.COME_BACK: {A: None, N: None},
    Deed.LEARN: {R: None, C: None, E: None, P: None, D: None},
}
#: How a member is put in each state here: steps done of two, begun, and dates that the staff's deeds leave.
FIGURES = {R: (0, False), C: (0, False), E: (0, True), P: (1, True), S: (1, True), D: (2, True), A: (1, True), N: (0, False)}  # fmt: skip


@pytest.mark.parametrize(("state", "deed"), list(product(MemberState, Deed)))
def test_every_state_with_every_deed(state: MemberState, deed: Deed) -> None:
    assert may(state, deed) == (state in ALLOWED[deed])
    if state in ALLOWED[deed]:
        to = ALLOWED[deed][state]
        assert targets(deed) == (COUNTED if to is None else (to,))


def test_the_table_is_whole() -> None:
    assert set(TRANSITIONS) == set(Deed)
    assert {state for one in TRANSITIONS.values() for state in one.sources} == set(MemberState)
    assert set(COUNTED).isdisjoint(HELD)
    assert {*COUNTED, *HELD} == set(MemberState)
    assert [deed for deed, one in TRANSITIONS.items() if one.needs_cause] == [Deed.ABANDON]
    assert [deed for deed, one in TRANSITIONS.items() if one.by is Trigger.PROGRESS] == [Deed.LEARN]


def put(world: World, state: MemberState) -> tuple[Cohort, Member]:
    """The learner of the world, in this state."""
    one = session.scalars(select(Member).where(Member.tenant_id == world.one.tenant_id).limit(1)).one()
    done, begun = FIGURES[state]
    own = Enrolment.tenant_id == one.tenant_id, Enrolment.member_id == one.id
    at = now()
    session.execute(
        update(Enrolment)
        .where(*own)
        .values(
            steps_done=done, steps_total=2, started_at=at if begun else None, completed_at=at if state is D else None,
            suspended_at=at if state is S else None, withdrawn_at=at if state in GONE else None,
        )
    )  # fmt: skip
    one.state = state
    one.convoked_at = at if state is C else None
    one.suspended_at = at if state is S else None
    one.withdrawn_at, one.withdrawal_reason = at if state in GONE else None, ""
    session.flush()
    return session.get_one(Cohort, one.cohort_id), one


def test_the_staffs_deeds_do_what_the_table_says(world: World) -> None:
    staff = [deed for deed, one in TRANSITIONS.items() if one.by is Trigger.STAFF]
    for state, deed in product(MemberState, staff):
        with db.transaction(Mode.WRITE, world.one.tenant_id):
            cohort, one = put(world, state)
            receipts = session.scalar(select(func.count(Batch.id)))
            if state not in ALLOWED[deed]:
                with pytest.raises(NobodyChosen):
                    services.change_state([one.id], cohort, deed, cause="job")
                assert session.scalar(select(func.count(Batch.id))) == receipts
                continue
            done = services.change_state([one.id], cohort, deed, cause="job")
            session.expire_all()
            wanted = ALLOWED[deed][state] or {S: P, A: P, N: R}[state]
            assert (one.state, done.number, done.left_alone, done.batch.deed) == (wanted, 1, 0, deed.value)
            course = session.scalars(select(Enrolment).where(Enrolment.member_id == one.id).limit(1)).one()
            for row in (one, course):
                assert (row.suspended_at is not None) == (wanted is S or (state is S and wanted is A))
                assert (row.withdrawn_at is not None) == (wanted in GONE)
            reason = {A: "job", N: "not-entered"}.get(wanted, "")
            assert one.withdrawal_reason == reason


@pytest.mark.parametrize("state", list(MemberState))
def test_the_figures_lead_on_and_what_staff_hold_stays(world: World, state: MemberState) -> None:
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        _cohort, one = put(world, state)
        sum_up(one.tenant_id, select(Member.id).where(Member.id == one.id))
        session.expire_all()
        assert one.state == state
        assert (one.entered_at is not None) == FIGURES[state][1]


def test_a_cause_is_one_of_the_list(world: World) -> None:
    with db.transaction(Mode.WRITE, world.one.tenant_id):
        cohort, one = put(world, R)
        with pytest.raises(ValueError, match="no cause"):
            services.change_state([one.id], cohort, Deed.ABANDON, cause="ill")
        with pytest.raises(ValueError, match="not for the staff"):
            services.change_state([one.id], cohort, Deed.LEARN)
    assert "ill" not in CAUSES
