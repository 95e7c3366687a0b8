"""Since when somebody is here: joined or hired between two days, or not long ago."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from wtforms import DateField, Field, IntegerField
from wtforms.validators import NumberRange, Optional, ValidationError

from lms.core.clock import today
from lms.core.db import AnySelect
from lms.core.i18n import day as day_
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy, ngettext
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject, of_our_time
from lms.organisations.models import Membership, Role


class JoinedForm(ConditionForm):
    """Two days of which one may be missing, or a number of days up to today."""

    since = DateField(lazy("From this day on"), [Optional(), of_our_time])
    until = DateField(lazy("Up to this day"), [Optional(), of_our_time])
    days = IntegerField(
        lazy("Or: within the last days"),
        [Optional(), NumberRange(1, 3650, lazy("Type a number of days, from 1 to 3650."))],
        description=lazy("For example: 30. It is counted anew each night."),
    )

    def validate_until(self, field: Field) -> None:
        """In order."""
        if self.since.data and field.data and field.data < self.since.data:
            raise ValidationError(_("The last day comes before the first one."))

    def validate(self, extra_validators: Any = None) -> bool:
        """Days, or a number of them; a field that may be empty is not asked by itself."""
        if not super().validate(extra_validators):
            return False
        said = bool(self.since.data or self.until.data)
        if said == bool(self.days.data):
            sentence = (
                _("Give days, or a number of days: not both.")
                if said
                else _("Give a first day, a last day, or a number of days.")
            )
            self.days.errors = [sentence]
            return False
        return True


class Joined(Condition):
    """The day on which somebody became a learner of an organisation."""

    name = "joined"
    label = lazy("Joined or hired between two dates")
    subject = Subject.PERSON
    yes = lazy("Those who became learners here at that time")
    no = lazy("Those who became learners here at another time")
    form = JoinedForm

    def keep(self, form: Any) -> Kept:
        days = {name: form[name].data.isoformat() for name in ("since", "until") if form[name].data}
        return Kept(days | ({"days": form.days.data} if form.days.data else {}))

    def persons(self, said: Said) -> AnySelect:
        first, last = _days(said)
        found = select(Membership.person_id).where(
            Membership.tenant_id == said.tenant_id, Membership.role == Role.LEARNER
        )
        if first:
            found = found.where(Membership.created_at >= _start(first, said.zone))
        if last:
            found = found.where(Membership.created_at < _start(last + timedelta(days=1), said.zone))
        return found

    def words(self, said: Said, is_not: bool) -> str:
        when = _when(said)
        return _("Did not join %(when)s", when=when) if is_not else _("Joined %(when)s", when=when)


def _days(said: Said) -> tuple[date | None, date | None]:
    if days := said.settings.get("days"):
        return today(said.zone) - timedelta(days=days), None
    first, last = said.settings.get("since"), said.settings.get("until")
    return date.fromisoformat(first) if first else None, date.fromisoformat(last) if last else None


def _start(day: date, zone: str) -> datetime:
    return datetime.combine(day, time.min, ZoneInfo(zone))


def _when(said: Said) -> str:
    if days := said.settings.get("days"):
        return ngettext("within the last %(num)s day", "within the last %(num)s days", days)
    first, last = _days(said)
    if first and last:
        return _("from %(first)s to %(last)s", first=day_(first), last=day_(last))
    if first:
        return _("since %(day)s", day=day_(first))
    return _("up to %(day)s", day=day_(last)) if last else ""
