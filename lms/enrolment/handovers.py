"""What is handed over of this room's tables when two persons, or two organisations, become one."""

from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, select, update
from sqlalchemy.orm import aliased

from lms.core.db import session
from lms.core.handover import Handover, Objection, Pair
from lms.core.handover import Share as Part
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy, ngettext
from lms.courses.models import Course
from lms.enrolment.models import (
    OPEN_WISHES,
    Cohort,
    CohortTrainer,
    ColumnMapping,
    Enrolment,
    Member,
    MovedOut,
    Pool,
    PoolShare,
    Share,
    Wish,
)
from lms.enrolment.states import GONE, MemberState

MOST = 10  #: names in one sentence
_other = aliased(Member)
_same = aliased(Cohort)
_also = aliased(Enrolment)
_twin = aliased(Share)
_taught = aliased(CohortTrainer)
_funded = aliased(PoolShare)
_named = aliased(ColumnMapping)
_wished = aliased(Wish)
_out = aliased(MovedOut)


class Cohorts(Handover):
    """The cohorts of an organisation. Two of one name could not be told apart."""

    name = "cohort.organisation"
    table = Cohort
    label = lazy("Cohorts")

    def objections(self, pair: Pair) -> list[Objection]:
        there = select(_same.name).where(
            _same.tenant_id == pair.tenant_id, _same.organisation_id == pair.kept_id
        )
        found = select(Cohort.name).where(
            Cohort.tenant_id == pair.tenant_id, Cohort.organisation_id == pair.gone_id, Cohort.name.in_(there)
        )
        names = session.scalars(found.order_by(Cohort.sort_name, Cohort.id).limit(MOST)).all()
        if not names:
            return []
        return [
            Objection(
                _("Both have cohorts called: %(names)s.", names=", ".join(names)),
                _("Give one of each two another name, on the cohort's page."),
            )
        ]

    def against_archive(self, tenant_id: int, number: int) -> list[Objection]:
        at_work = [state for state in MemberState if state not in (*GONE, MemberState.COMPLETED)]
        there = (
            select(func.count(Member.id))
            .join(Cohort, and_(Cohort.tenant_id == Member.tenant_id, Cohort.id == Member.cohort_id))
            .where(Cohort.tenant_id == tenant_id, Cohort.organisation_id == number, Member.state.in_(at_work))
        )
        people = session.scalar(there) or 0
        if not people:
            return []
        return [
            Objection(
                ngettext(
                    "%(num)s person of its cohorts has not finished.",
                    "%(num)s people of its cohorts have not finished.",
                    people,
                ),
                _("Withdraw them, move them to another cohort, or merge the organisation into another one."),
            )
        ]


class Members(Handover):
    """Places in cohorts. Where both are in one cohort, the one who left stays there under the old number."""

    name = "cohort_member.person"
    table = Member
    label = lazy("Places in cohorts")

    def count(self, pair: Pair) -> Part:
        theirs = self.theirs(pair)
        stays = session.scalar(select(func.count(Member.id)).where(theirs, _is_twice(pair))) or 0
        whole = super().count(pair)
        return Part(whole.label, whole.moves - stays, stays)

    def objections(self, pair: Pair) -> list[Objection]:
        both = _both_in(pair)
        found = []
        if there := _names(both.where(Member.state.not_in(GONE), _other.state.not_in(GONE))):
            found.append(
                Objection(
                    _("Both are in one cohort: %(names)s.", names=there),
                    _("Withdraw the one who is not needed there, on the cohort's page. What was done is kept."),
                )
            )  # fmt: skip
        if left := _names(both.where(Member.state.not_in(GONE), _other.state.in_(GONE))):
            found.append(
                Objection(
                    _("The file that would stay left these cohorts, the other one is still there: %(names)s.", names=left),
                    _("Merge the other way round; or take them back there, and withdraw the other one."),
                )
            )  # fmt: skip
        return found

    def hand_over(self, pair: Pair) -> None:
        moving = select(Member.id).where(self.theirs(pair), ~_is_twice(pair))
        own = Enrolment.tenant_id == pair.tenant_id, Enrolment.member_id.in_(moving)
        _do(update(Enrolment).where(*own).values(person_id=pair.kept_id))  # first: their members tell which
        _do(update(Member).where(Member.tenant_id == pair.tenant_id, Member.id.in_(moving)).values(
            person_id=pair.kept_id
        ))  # fmt: skip


class Enrolments(Handover):
    """Courses: they go with the places in cohorts. Nobody takes one course twice at a time."""

    name = "enrolment.person"
    table = Enrolment
    label = lazy("Courses")

    def count(self, pair: Pair) -> Part:
        left_behind = select(Member.id).where(
            Member.tenant_id == pair.tenant_id, Member.person_id == pair.gone_id, _is_twice(pair)
        )
        theirs = self.theirs(pair)
        found = select(func.count(Enrolment.id)).where(theirs, Enrolment.member_id.in_(left_behind))
        stays = session.scalar(found) or 0
        whole = super().count(pair)
        return Part(whole.label, whole.moves - stays, stays)

    def objections(self, pair: Pair) -> list[Objection]:
        running = (
            select(Course.title)
            .join(
                Enrolment,
                and_(Enrolment.tenant_id == Course.tenant_id, Enrolment.course_id == Course.id),
            )
            .join(
                _also,
                and_(
                    _also.tenant_id == Enrolment.tenant_id,
                    _also.course_id == Enrolment.course_id,
                    _also.cohort_id != Enrolment.cohort_id,  # in one and the same, the places object already
                ),
            )
            .where(self.theirs(pair), _also.person_id == pair.kept_id, *_runs(Enrolment), *_runs(_also))
            .distinct()
        )
        if not (titles := _names(running)):
            return []
        return [
            Objection(
                _("Both are on one course, and neither has finished: %(names)s.", names=titles),
                _("Withdraw one of the two from their cohort. What was done is kept."),
            )
        ]

    def hand_over(self, _pair: Pair) -> None:
        """They went with their places."""


class Pools(Handover):
    """Pools of places. What each of the two has in one pool is put together by the ledger."""

    name = "place_pool.organisation"
    table = Pool
    label = lazy("Pools of places")


class Shares(Handover):
    """Cohorts shared with a partner: shared with both, the one who stays keeps their own level."""

    name = "cohort_share.person"
    table = Share
    label = lazy("Cohorts shared with them")

    def hand_over(self, pair: Pair) -> None:
        there = select(_twin.cohort_id).where(
            _twin.tenant_id == pair.tenant_id, _twin.person_id == pair.kept_id
        )
        _do(delete(Share).where(self.theirs(pair), Share.cohort_id.in_(there)))
        super().hand_over(pair)


class Funders(Handover):
    """Pools shown to a funder: one that both see is seen by the one who stays."""

    name = "place_pool_share.person"
    table = PoolShare
    label = lazy("Pools of places that they fund")

    def hand_over(self, pair: Pair) -> None:
        there = select(_funded.pool_id).where(
            _funded.tenant_id == pair.tenant_id, _funded.person_id == pair.kept_id
        )
        _do(delete(PoolShare).where(self.theirs(pair), PoolShare.pool_id.in_(there)))
        super().hand_over(pair)


class Trainers(Handover):
    """Cohorts that they teach: one that both teach is taught by the one who stays."""

    name = "cohort_trainer.person"
    table = CohortTrainer
    label = lazy("Cohorts that they teach")

    def hand_over(self, pair: Pair) -> None:
        there = select(_taught.cohort_id).where(
            _taught.tenant_id == pair.tenant_id, _taught.person_id == pair.kept_id
        )
        _do(delete(CohortTrainer).where(self.theirs(pair), CohortTrainer.cohort_id.in_(there)))
        super().hand_over(pair)


class Columns(Handover):
    """What was said of the columns of files: of one header, what the one that stays said of it holds."""

    name = "enrolment_columns.organisation"
    table = ColumnMapping
    label = lazy("Columns of files that were named")

    def hand_over(self, pair: Pair) -> None:
        there = select(_named.signature).where(
            _named.tenant_id == pair.tenant_id, _named.organisation_id == pair.kept_id
        )
        _do(delete(ColumnMapping).where(self.theirs(pair), ColumnMapping.signature.in_(there)))
        super().hand_over(pair)


class Wishes(Handover):
    """Requests to enter cohorts. Where both asked for one cohort, the one that is still open stays."""

    name = "cohort_wish.person"
    table = Wish
    label = lazy("Requests to enter cohorts")

    def hand_over(self, pair: Pair) -> None:
        def of(number: int, *states: ColumnElement[bool]) -> Any:
            own = _wished.tenant_id == pair.tenant_id, _wished.person_id == number
            return select(_wished.cohort_id).where(*own, *states)

        kept = (
            Wish.tenant_id == pair.tenant_id,
            Wish.person_id == pair.kept_id,
            Wish.state.not_in(OPEN_WISHES),
        )
        still_open = of(pair.gone_id, _wished.state.in_(OPEN_WISHES))
        _do(delete(Wish).where(*kept, Wish.cohort_id.in_(still_open)))
        _do(delete(Wish).where(self.theirs(pair), Wish.cohort_id.in_(of(pair.kept_id))))
        super().hand_over(pair)


class MovedOuts(Handover):
    """Cohorts out of which they were moved: once is enough."""

    name = "cohort_moved_out.person"
    table = MovedOut

    def hand_over(self, pair: Pair) -> None:
        there = select(_out.cohort_id).where(_out.tenant_id == pair.tenant_id, _out.person_id == pair.kept_id)
        _do(delete(MovedOut).where(self.theirs(pair), MovedOut.cohort_id.in_(there)))
        super().hand_over(pair)


def _is_twice(pair: Pair) -> ColumnElement[bool]:
    """Whether the one who stays is in the member's cohort too."""
    there = select(_other.cohort_id).where(
        _other.tenant_id == pair.tenant_id, _other.person_id == pair.kept_id
    )
    return Member.cohort_id.in_(there)


def _both_in(pair: Pair) -> Any:
    """Names of the cohorts in which both are: ``Member`` the one who goes, ``_other`` the one who stays."""
    return (
        select(Cohort.name)
        .join(Member, and_(Member.tenant_id == Cohort.tenant_id, Member.cohort_id == Cohort.id))
        .join(_other, and_(_other.tenant_id == Cohort.tenant_id, _other.cohort_id == Cohort.id))
        .where(
            Cohort.tenant_id == pair.tenant_id,
            Member.person_id == pair.gone_id,
            _other.person_id == pair.kept_id,
        )
    )


def _runs(enrolment: Any) -> tuple[ColumnElement[bool], ...]:
    return enrolment.completed_at.is_(None), enrolment.withdrawn_at.is_(None)


def _names(found: Any) -> str:
    return ", ".join(sorted(session.scalars(found.limit(MOST)).all()))


def _do(statement: Any) -> None:
    session.execute(statement.execution_options(synchronize_session=False))
