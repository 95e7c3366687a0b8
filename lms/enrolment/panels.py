"""What this room adds to a person's file: the courses they are on, and what happened there."""

from collections.abc import Sequence

from lms.core.clock import now
from lms.core.db import AnyRow
from lms.core.i18n import gettext as _
from lms.enrolment.queries.members import courses_of_people
from lms.enrolment.queries.messages import sent_to_people
from lms.enrolment.states import NEVER_CAME
from lms.organisations.actor import Actor
from lms.people.panel import Moment, Panel, Shown
from lms.people.queries import PersonFile


class Courses(Panel):
    """Courses, cohort by cohort, as far as the reader sees the cohorts."""

    name = "courses"

    def show(self, actor: Actor, file: PersonFile) -> Shown | None:
        rows = courses_of_people(actor, file.ids)
        return Shown(self.name, _("Courses"), "enrolment/panel.html", {"rows": rows}) if rows else None

    def moments(self, actor: Actor, file: PersonFile) -> Sequence[Moment]:
        return [moment for row in courses_of_people(actor, file.ids) for moment in _moments(row)]


class Written(Panel):
    """What was written to them, as those see it who enrol people."""

    name = "messages"

    def show(self, actor: Actor, file: PersonFile) -> Shown | None:
        if not actor.is_enroller:
            return None
        rows = sent_to_people(actor.tenant_id, file.ids)
        values = {"rows": rows, "now": now()}
        return Shown(self.name, _("Messages"), "enrolment/sent_panel.html", values) if rows else None


def _moments(row: AnyRow) -> list[Moment]:
    is_absent = row.withdrawal_reason == NEVER_CAME
    said = (
        (
            row.enrolled_at,
            _("Enrolled again on %(course)s, in %(cohort)s", course=row.title, cohort=row.cohort)
            if row.attempt > 1
            else _("Enrolled on %(course)s, in %(cohort)s", course=row.title, cohort=row.cohort),
        ),
        (row.started_at, _("Began %(course)s", course=row.title)),
        (row.completed_at, _("Completed %(course)s", course=row.title)),
        (row.suspended_at, _("%(course)s: suspended", course=row.title)),
        (
            row.withdrawn_at,
            _("%(course)s: not entered", course=row.title)
            if is_absent
            else _("Left %(course)s", course=row.title),
        ),
    )
    return [Moment(at, text) for at, text in said if at is not None]
