"""The summary: one line per cohort. Groups too small to hide a person in are hidden themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import and_, case, func, select

from lms.core.db import AnySelect, session
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.tables import Kind
from lms.enrolment.models import Cohort, Level
from lms.organisations.models import Organisation
from lms.reports import figures
from lms.reports.courses import reason
from lms.reports.report import Field
from lms.reports.scope import Scope

SMALLEST = 5  #: fewer people than that are not counted aloud in totals
ACTIVE_DAYS = 7
_COUNTED = ("registered", "started", "active", "completed", "certified", "withdrawn", "minutes", "seconds")

FIELDS = (
    Field("cohort", lazy("Cohort"), lazy("Group of people who follow the same courses."), width=30),
    Field("organisation", lazy("Organisation"), lazy("Who runs the cohort."), width=28),
    Field("level", lazy("Level shown"), lazy("How much of people this report shows for the cohort."), width=16),
    Field("registered", lazy("People enrolled"), lazy("People put on the courses of the cohort."), Kind.INTEGER, 10),
    Field("started", lazy("People who began"), lazy("Of these, people who opened a lesson."), Kind.INTEGER, 10),
    Field("active", lazy("People active in 7 days"), lazy("Of these, people who did something in the last 7 days."), Kind.INTEGER, 10),
    Field("completed", lazy("People who completed all"), lazy("People who completed all their courses."), Kind.INTEGER, 10),
    Field("certified", lazy("People certified"), lazy("People with at least one certificate that holds."), Kind.INTEGER, 10),
    Field("withdrawn", lazy("People who left"), lazy("People who left before the end."), Kind.INTEGER, 10),
    Field("reasons", lazy("Why people left"), lazy("Each reason and how many people it concerns."), width=34),
    Field("hours_planned", lazy("Hours planned"), lazy("Estimated mean duration of all courses of all people enrolled."), Kind.NUMBER, 12),
    Field("hours_done", lazy("Hours done"), lazy("Active time measured, idle time cut."), Kind.NUMBER, 12),
    Field("hours_rate", lazy("Hours done / planned"), lazy("The second divided by the first."), Kind.PERCENT, 12),
    Field("completion_rate", lazy("Completion rate"), lazy("People who completed all, out of people enrolled."), Kind.PERCENT, 12),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one cohort: people, planned ``minutes``, ``seconds`` done, reason -> people."""

    cohort_id: int
    cohort: str
    organisation: str
    level: Level
    registered: int
    started: int
    active: int
    completed: int
    certified: int
    withdrawn: int
    minutes: int
    seconds: int
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def is_hidden(self) -> bool:
        """Whether hours and rates would speak of so few people that they can be told apart."""
        return self.level is Level.AGGREGATE and self.registered < SMALLEST

    def shown(self, number: int) -> int | None:
        """A number of people, or None where it, or those left over, are too few to be told."""
        if self.level is not Level.AGGREGATE:
            return number
        rest = self.registered - number
        return None if number < SMALLEST or 0 < rest < SMALLEST else number

    def reasons_shown(self) -> dict[str, int]:
        """Why people left; all or none, as one that is hidden would follow from the others."""
        if any(self.shown(number) is None for number in self.reasons.values()):
            return {}
        return self.reasons


def lines(scope: Scope, limit: int = 0) -> list[Line]:
    """The cohorts in sight by name, or the newest ``limit`` of them; one statement."""
    found: dict[tuple[int, str], Line] = {}
    for row in session.execute(_per_cohort(scope, figures.latest(scope, limit) if limit else None)):
        part = Line(
            cohort_id=row.cohort_id, cohort=row.cohort, organisation=row.organisation, level=scope.level_of(row.level),
            reasons={row.reason or "other": int(row.withdrawn)} if row.withdrawn else {},
            **{name: int(getattr(row, name)) for name in _COUNTED},
        )  # fmt: skip
        known = found.get((row.cohort_id, row.level))
        found[row.cohort_id, row.level] = _together(known, part) if known else part
    return list(found.values())


def _together(one: Line, other: Line) -> Line:
    reasons = dict(one.reasons)
    for code, people in other.reasons.items():
        reasons[code] = reasons.get(code, 0) + people
    sums = {name: getattr(one, name) + getattr(other, name) for name in _COUNTED}
    ranked = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    return replace(one, reasons=dict(ranked), **sums)


def rows(scope: Scope) -> Iterator[Sequence[object]]:
    """The rows of the sheet, and a last one with the totals where nothing is hidden."""
    found = lines(scope)
    for line in found:
        yield _row(line)
    if len(found) > 1 and all(line.level is not Level.AGGREGATE for line in found):
        yield _row(_total(found))


def _row(line: Line) -> Sequence[object]:
    people = [line.registered, line.started, line.active, line.completed, line.certified, line.withdrawn]
    hidden = _("fewer than %(number)s", number=SMALLEST)
    shown = [
        line.registered if n == 0 and not line.is_hidden else line.shown(p) for n, p in enumerate(people)
    ]
    completed = line.shown(line.completed)
    return (
        line.cohort,
        line.organisation,
        level_word(line.level) if line.cohort_id else None,
        *(hidden if number is None else number for number in shown),
        ", ".join(f"{reason(code)} ({number})" for code, number in line.reasons_shown().items()) or None,
        None if line.is_hidden else round(line.minutes / 60, 2),
        None if line.is_hidden else round(line.seconds / 3600, 2),
        None if line.is_hidden or not line.minutes else round(line.seconds / (line.minutes * 60), 4),
        None if completed is None or not line.registered else round(completed / line.registered, 4),
    )


def level_word(level: Level) -> str:
    """The level, in a word."""
    return {
        Level.NOMINATIVE: _("with names"),
        Level.PSEUDONYMOUS: _("with codes instead of names"),
        Level.AGGREGATE: _("totals only"),
    }[level]


def _total(found: list[Line]) -> Line:
    sums = {name: sum(getattr(line, name) for line in found) for name in _COUNTED}
    return Line(0, _("Total"), "", Level.NOMINATIVE, **sums)


def _per_cohort(scope: Scope, cohorts: AnySelect | None) -> AnySelect:
    """Members of each cohort by their reason for leaving, which is empty for those who did not leave."""
    one = figures.members(scope, cohorts)
    since = scope.until - timedelta(days=ACTIVE_DAYS)
    left = and_(one.c.withdrawn == 1, one.c.completed == 0)
    reason_left = case((left, one.c.reason), else_="")
    return (
        select(
            one.c.cohort_id, one.c.level, Cohort.name.label("cohort"), Organisation.name.label("organisation"),
            reason_left.label("reason"), func.count().label("registered"), func.sum(one.c.started).label("started"),
            func.sum(case((one.c.last_at >= since, 1), else_=0)).label("active"),
            func.sum(one.c.completed).label("completed"), func.sum(one.c.certified).label("certified"),
            func.sum(case((left, 1), else_=0)).label("withdrawn"), func.sum(one.c.minutes).label("minutes"),
            func.sum(one.c.seconds).label("seconds"),
        )
        .select_from(one)
        .join(Cohort, and_(Cohort.tenant_id == scope.asker.tenant_id, Cohort.id == one.c.cohort_id))
        .join(Organisation, and_(Organisation.tenant_id == Cohort.tenant_id, Organisation.id == Cohort.organisation_id))
        .group_by(one.c.cohort_id, one.c.level, Cohort.name, Organisation.name, reason_left)
        .order_by(Cohort.name, one.c.cohort_id)
    )  # fmt: skip
