"""People who have completed a course, in whatever cohort."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from wtforms import DateField, Field, IntegerField, SelectField
from wtforms.validators import NumberRange, Optional, ValidationError

from lms.core.clock import today
from lms.core.db import AnySelect
from lms.core.i18n import day as day_
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.courses.queries import published
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject, of_our_time
from lms.enrolment.models import Cohort, Enrolment
from lms.organisations.actor import Actor


class CompletedForm(ConditionForm):
    """Which course, and when: since a day, or too long ago to be remembered."""

    course = SelectField(lazy("Course"), coerce=int)
    since = DateField(lazy("Completed since"), [Optional(), of_our_time])
    days = IntegerField(
        lazy("Or: completed for the last time more than so many days ago"),
        [Optional(), NumberRange(1, 3650, lazy("Type a number of days, from 1 to 3650."))],
        description=lazy(
            "For example: 330, for those whose training is soon a year old. It is counted anew each night."
        ),
    )

    def validate_days(self, field: Field) -> None:
        """A day, or a number of days."""
        if field.data and self.since.data:
            raise ValidationError(_("Give a day, or a number of days: not both."))


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
        since, days = form.since.data, form.days.data
        said = {"since": since.isoformat()} if since else {"days": days} if days else {}
        return Kept(said, course_id=form.course.data)

    def persons(self, said: Said) -> AnySelect:
        found = select(Enrolment.person_id).where(
            Enrolment.tenant_id == said.tenant_id,
            Enrolment.course_id == said.course_id,
            Enrolment.completed_at.is_not(None),
        )
        if since := said.settings.get("since"):
            return found.where(Enrolment.completed_at >= _start(date.fromisoformat(since), said.zone))
        if days := said.settings.get("days"):
            first = _start(today(said.zone) - timedelta(days=days), said.zone)
            return found.group_by(Enrolment.person_id).having(func.max(Enrolment.completed_at) < first)
        return found

    def words(self, said: Said, is_not: bool) -> str:
        title = said.called
        if since := said.settings.get("since"):
            about = {"title": title, "day": day_(date.fromisoformat(since))}
            if is_not:
                return _("Has not completed “%(title)s” since %(day)s", **about)
            return _("Has completed “%(title)s” since %(day)s", **about)
        if days := said.settings.get("days"):
            if is_not:
                return _(
                    "Has not completed “%(title)s”, or did so at most %(days)s days ago",
                    title=title,
                    days=days,
                )
            return _(
                "Completed “%(title)s” for the last time more than %(days)s days ago", title=title, days=days
            )
        if is_not:
            return _("Has not completed “%(title)s”", title=title)
        return _("Has completed “%(title)s”", title=title)


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))
