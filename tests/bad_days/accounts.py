"""The reckoning after a bad day: what was acknowledged against what is there."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from lms.core import db
from lms.core.db import Mode, session
from lms.enrolment.models import Enrolment
from lms.organisations.models import Organisation
from lms.progress import ledger
from lms.progress.models import LearningEvent, Standing
from lms.progress.queries import enrolments_below
from tests.bad_days.people import Learner
from tests.support.worlds import Corner


@dataclass(frozen=True, slots=True)
class Toll:
    """Steps of learners: acknowledged, acknowledged but not there, there more than once, and there unacknowledged."""

    acknowledged: int
    lost: int
    double: int
    unheard: int  #: done, but the answer did not reach the learner: no fault, resent it is one effect

    def __str__(self) -> str:
        return f"{self.acknowledged} acknowledged: lost {self.lost}, double {self.double}, unheard {self.unheard}"


def reckon(corner: Corner, learners: Sequence[Learner]) -> Toll:
    """Compare the learners' notes with the database; the ledger and the figures must hold besides."""
    promised = {(one.enrolment_id, step) for one in learners for step in one.done}
    ids = {one.enrolment_id for one in learners}
    with db.transaction(Mode.REPORT, corner.tenant_id):
        standings = select(Standing.enrolment_id, Standing.activity_id).where(
            Standing.tenant_id == corner.tenant_id,
            Standing.enrolment_id.in_(ids),
            Standing.done_at.is_not(None),
        )
        endings = select(LearningEvent.enrolment_id, LearningEvent.activity_id).where(
            LearningEvent.tenant_id == corner.tenant_id,
            LearningEvent.enrolment_id.in_(ids),
            LearningEvent.verb.in_(ledger.ENDINGS),
        )
        done = {(enrolment, step) for enrolment, step in session.execute(standings)}
        told = Counter((enrolment, step) for enrolment, step in session.execute(endings))
        _figures_hold(corner, ids)
        _ledger_holds(corner)
    twice = sum(number - 1 for number in told.values())
    return Toll(len(promised), len(promised - done), twice + len(done ^ told.keys()), len(done - promised))


def _figures_hold(corner: Corner, ids: set[int]) -> None:
    """The progress that people are shown is what the standings come to."""
    counted = (
        select(func.count())
        .where(
            Standing.tenant_id == Enrolment.tenant_id,
            Standing.enrolment_id == Enrolment.id,
            Standing.done_at.is_not(None),
        )
        .scalar_subquery()
    )
    wrong = session.execute(
        select(Enrolment.id, Enrolment.steps_done, counted).where(
            Enrolment.tenant_id == corner.tenant_id, Enrolment.id.in_(ids), Enrolment.steps_done != counted
        )
    ).all()
    assert not wrong, f"progress that nothing bears out (enrolment, shown, done): {wrong}"


def _ledger_holds(corner: Corner) -> None:
    """What ``flask progress verify`` asks."""
    root = session.get_one(Organisation, corner.root_id)
    events, fault = ledger.check(corner.tenant_id, enrolments_below(root))
    assert fault is None, f"the ledger is broken after {events} events: {fault}"
