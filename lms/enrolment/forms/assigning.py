"""Who is put on courses, on which, by when: three pages of one form. Each carries what the others said."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import DateField, Field, IntegerField, RadioField, SelectField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Optional, ValidationError

from lms.core.clock import today
from lms.core.i18n import Lazy, day, lazy
from lms.core.i18n import gettext as _
from lms.enrolment.assignment import COHORT, Intent
from lms.enrolment.forms import short
from lms.enrolment.models import Cohort, DueRule
from lms.enrolment.services import REASONS
from lms.enrolment.timing import MOST_DAYS, Timing

#: What is typed on which of the three pages.
STEPS: dict[str, tuple[str, ...]] = {
    "who": ("who", "source", "to", "name"),
    "what": ("courses", "curriculum"),
    "when": ("due", "due_on", "due_days", "opens_on", "again"),
}
#: What a list brings along: its filter, and the ticks.
BROUGHT = ("q", "state", "follower", "seen", "member", "person")
DUE_REASON_WORDS: dict[str, Lazy] = {
    "came-later": lazy("Came later than the others"),
    "agreed": lazy("Agreed with the person"),
    "organisation": lazy("The organisation of the training"),
    "access": lazy("No computer or connection for a while"),
    "other": lazy("Another reason"),
}
_DAYS = {
    DueRule.NONE: lazy("No deadline"),
    DueRule.DAY: lazy("A day, the same for all"),
    DueRule.DAYS: lazy("So many days after each person’s entry"),
}


def _may_be_empty(_form: Any, field: Field) -> None:
    """Nothing typed is no mistake, and whether something is needed is asked next: ``Optional`` would ask no more."""
    if not any(text.strip() for text in field.raw_data or ()):
        field.errors = []


class DaysForm(FlaskForm):
    """By when a course should be finished, and from when it is open."""

    due = RadioField(lazy("Deadline"), [InputRequired(lazy("Choose a deadline, or none."))])
    due_on = DateField(
        lazy("The day"), [_may_be_empty], description=lazy("Only for a day that is the same for all.")
    )
    due_days = IntegerField(
        lazy("Number of days"),
        [_may_be_empty],
        description=lazy(
            "Only for days after the entry. They count from the day on which the person enters, or the course opens, or from today: whichever comes last."
        ),
    )
    opens_on = DateField(
        lazy("Opens on"),
        [Optional()],
        description=lazy(
            "Until then people see the course on their page, and cannot begin it. Empty: at once."
        ),
    )

    def offer_days(self, cohort: Cohort | None) -> None:
        """The rules that may be chosen; that of the cohort where there is one."""
        choices = [SelectChoice(rule.value, cast(str, word)) for rule, word in _DAYS.items()]
        if cohort is not None:
            said = (
                _("The day of the cohort: %(day)s", day=day(cohort.due_on, "long"))
                if cohort.due_on
                else _("The day of the cohort: it has none for now")
            )
            choices.insert(0, SelectChoice(DueRule.COHORT.value, said))
        self.due.choices = choices
        if self.due.data not in [one.value for one in choices]:
            self.due.data = choices[0].value

    def validate_due_on(self, field: Field) -> None:
        """Needed for a day; not gone by, and not before the course opens."""
        if self.due.data != DueRule.DAY or self.due_on.errors:
            return
        if field.data is None:
            raise ValidationError(_("Choose the day."))
        if field.data < today():
            raise ValidationError(_("This day has passed. Choose a later one."))
        if self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(_("The course would have to be finished before it opens."))

    def validate_due_days(self, field: Field) -> None:
        """Needed for days after the entry."""
        if self.due.data == DueRule.DAYS and not field.errors and not 1 <= (field.data or 0) <= MOST_DAYS:
            raise ValidationError(_("Type a number of days from 1 to %(most)s.", most=MOST_DAYS))

    @property
    def timing(self) -> Timing:
        """What was typed."""
        rule = DueRule(self.due.data)
        return Timing(
            rule,
            self.due_on.data if rule is DueRule.DAY else None,
            self.due_days.data if rule is DueRule.DAYS else None,
            self.opens_on.data,
        )


class AssignForm(DaysForm):
    """The three pages together."""

    who = RadioField(lazy("Who?"), [InputRequired(lazy("Choose who is put on the courses."))])
    source = SelectField(lazy("The people of"), coerce=int)
    to = SelectField(lazy("In which cohort?"), coerce=int)
    name = StringField(lazy("Name of the new cohort"), [short(120)])
    curriculum = SelectField(lazy("Path"), coerce=int)
    courses = SelectMultipleField(lazy("Courses"), coerce=int)
    again = RadioField(
        lazy("Those who have finished already, or left"),
        choices=[
            SelectChoice("no", cast(str, lazy("Leave them as they are"))),
            SelectChoice(
                "yes", cast(str, lazy("Enrol them again: a new attempt from zero; what they did is kept"))
            ),
        ],
        default="no",
    )

    def is_right_up_to(self, step: str) -> bool:
        """Whether what was typed on the pages before this one can be used."""
        names = [name for one, names in STEPS.items() if _comes_before(one, step) for name in names]
        right = [self[name].validate(self, self._inline(name)) for name in names]
        return all(right)

    def wrong_step(self) -> str:
        """The first page on which something is to be looked at again."""
        return next(step for step, names in STEPS.items() if any(self[name].errors for name in names))

    def validate_name(self, field: Field) -> None:
        """Needed where no cohort is chosen."""
        if self.to.data == 0 and not " ".join((field.data or "").split()):
            raise ValidationError(_("Choose a cohort in the list, or give the new one a name."))

    def validate_courses(self, field: Field) -> None:
        """Something must be chosen, unless people join a cohort that has courses."""
        if not field.data and not self.curriculum.data and not self.has_own_courses:
            raise ValidationError(_("Choose at least one course, or a path."))

    has_own_courses = False

    def intent(self, brought: dict[str, Any]) -> Intent:
        """What was typed, as plain values."""
        timing = self.timing
        return Intent(
            who=self.who.data or COHORT, source_id=self.source.data or 0, to_id=self.to.data or 0,
            name=" ".join((self.name.data or "").split()), course_ids=tuple(self.courses.data or ()),
            curriculum_id=self.curriculum.data or 0, rule=timing.rule.value, due_on=_iso(timing.due_on),
            due_days=timing.due_days or 0, opens_on=_iso(timing.opens_on), again=self.again.data == "yes", **brought,
        )  # fmt: skip

    def _inline(self, name: str) -> Sequence[Any]:
        own = getattr(self, f"validate_{name}", None)
        return [lambda _form, field: own(field)] if own else []


class OwnDaysForm(FlaskForm):
    """A deadline of somebody's own."""

    due_on = DateField(lazy("To be finished by"), [Optional()], description=lazy("Empty: no deadline."))
    opens_on = DateField(lazy("Opens on"), [Optional()], description=lazy("Empty: at once."))
    reason = RadioField(
        lazy("Why?"),
        [InputRequired(lazy("Choose a reason."))],
        choices=[SelectChoice(one, cast(str, DUE_REASON_WORDS[one])) for one in REASONS],
        description=lazy("It is kept with the deadline. Never write anything about health here."),
    )

    def validate_due_on(self, field: Field) -> None:
        """Not before the course opens."""
        if field.data and self.opens_on.data and field.data < self.opens_on.data:
            raise ValidationError(_("The course would have to be finished before it opens."))


def _comes_before(one: str, step: str) -> bool:
    order = [*STEPS, "check"]
    return order.index(one) < order.index(step)


def _iso(on: date | None) -> str:
    return on.isoformat() if on else ""
