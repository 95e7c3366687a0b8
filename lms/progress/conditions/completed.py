"""People who have completed a course, in whatever cohort."""

from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from wtforms import DateField, SelectField
from wtforms.validators import Optional

from lms.core.db import AnySelect
from lms.core.i18n import day as day_
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.courses.queries import published
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.actor import Actor


class CompletedForm(ConditionForm):
    """Which course, and since when."""

    course = SelectField(lazy("Course"), coerce=int)
    since = DateField(lazy("Completed since"), [Optional()])


class Completed(Condition):
    """All steps of a course done."""

    name = "completed"
    label = lazy("Course completed or not")
    subject = Subject.TRAINING
    yes = lazy("Those who have completed this course")
    no = lazy("Those who have not completed this course")
    form = CompletedForm

    def offer(self, form: Any, actor: Actor, cohort: Cohort) -> None:
        form.course.choices = [(one.id, one.title) for one in published(actor)]

    def keep(self, form: Any) -> Kept:
        since = form.since.data
        return Kept({"since": since.isoformat()} if since else {}, course_id=form.course.data)

    def persons(self, said: Said) -> AnySelect:
        found = select(Enrolment.person_id).where(
            Enrolment.tenant_id == said.tenant_id,
            Enrolment.course_id == said.course_id,
            Enrolment.completed_at.is_not(None),
        )
        if since := said.settings.get("since"):
            first = datetime.combine(date.fromisoformat(since), time.min, ZoneInfo(said.zone))
            found = found.where(Enrolment.completed_at >= first)
        return found

    def words(self, said: Said, is_not: bool) -> str:
        if since := said.settings.get("since"):
            about = {"title": said.called, "day": day_(date.fromisoformat(since))}
            if is_not:
                return _("Has not completed “%(title)s” since %(day)s", **about)
            return _("Has completed “%(title)s” since %(day)s", **about)
        if is_not:
            return _("Has not completed “%(title)s”", title=said.called)
        return _("Has completed “%(title)s”", title=said.called)
