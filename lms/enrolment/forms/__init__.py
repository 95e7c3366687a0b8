"""What may be typed about cohorts and their people. Cells of a file and fields of a form are judged alike."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, ClassVar, cast

from flask_wtf import FlaskForm
from flask_wtf.file import FileField, FileRequired
from wtforms import (
    DateField,
    EmailField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.clock import today
from lms.core.i18n import Lazy, lazy, ngettext
from lms.core.i18n import gettext as _
from lms.enrolment.models import BatchKind, ImportMode, Level, PoolDeed
from lms.enrolment.models import Deed as PlaceDeed
from lms.enrolment.portals import Portal
from lms.enrolment.reading import cleaning
from lms.enrolment.reading.cleaning import Wrong, text_of
from lms.enrolment.reading.columns import FIELDS, REQUIRED
from lms.enrolment.reading.faults import worded
from lms.enrolment.states import BY_RULE, Deed, MemberState, deeds_for, may

#: Why somebody leaves, in the words of the trade.
REASON_WORDS: dict[str, Lazy] = {
    "job": lazy("Has found a job"),
    "other-training": lazy("Follows another training"),
    "moved-away": lazy("Has moved away"),
    "not-reached": lazy("Could not be reached"),
    "gave-up": lazy("Gave up"),
    "entered-by-mistake": lazy("Was enrolled by mistake"),
    "other": lazy("Another reason"),
    BY_RULE: lazy("Does not meet the rule of the cohort any more"),
}
#: What is said of somebody who left: a reason, or that they never came.
LEFT_WORDS: dict[str, Lazy] = {**REASON_WORDS, "not-entered": lazy("Never came")}
STATE_WORDS: dict[str, Lazy] = {
    MemberState.REGISTERED.value: lazy("Enrolled"),
    MemberState.CONVOKED.value: lazy("Convoked"),
    MemberState.ENTERED.value: lazy("Entered"),
    MemberState.IN_PROGRESS.value: lazy("In progress"),
    MemberState.SUSPENDED.value: lazy("On hold"),
    MemberState.COMPLETED.value: lazy("Completed"),
    MemberState.ABANDONED.value: lazy("Abandoned"),
    MemberState.NOT_ENTERED.value: lazy("Not entered"),
}
DEED_WORDS: dict[Deed, Lazy] = {
    Deed.CONVOKE: lazy("Convoked: they were asked to come"),
    Deed.SUSPEND: lazy("Suspended: their training stops for a while"),
    Deed.RESUME: lazy("Resumed: their training goes on"),
    Deed.ABANDON: lazy("Abandoned: they left before the end"),
    Deed.NOT_ENTER: lazy("Not entered: they never came"),
    Deed.COME_BACK: lazy("Back: they are enrolled again"),
}
#: The same on a receipt.
DEED_SHORT: dict[str, Lazy] = {
    Deed.CONVOKE.value: lazy("Convoked"),
    Deed.SUSPEND.value: lazy("On hold"),
    Deed.RESUME.value: lazy("Resumed"),
    Deed.ABANDON.value: lazy("Withdrawn"),
    Deed.NOT_ENTER.value: lazy("Not entered"),
    Deed.COME_BACK.value: lazy("Enrolled again"),
}
#: What was done to places, on a receipt.
PLACES_SHORT: dict[str, Lazy] = {
    PoolDeed.FROZEN: lazy("Pool frozen"),
    PoolDeed.THAWED: lazy("Pool opened again"),
    PoolDeed.CHANGED: lazy("Settings of a pool"),
    PoolDeed.RENEWED: lazy("Pool renewed"),
    PoolDeed.BOUND: lazy("Places assigned to a cohort"),
    PoolDeed.UNBOUND: lazy("Cohort taken off its pool"),
    PlaceDeed.GIVEN: lazy("Given to a unit"),
    PlaceDeed.TAKEN_BACK: lazy("Taken back from a unit"),
    PlaceDeed.TRANSFERRED: lazy("Moved between units"),
}
BATCH_WORDS: dict[BatchKind, Lazy] = {
    BatchKind.IMPORT: lazy("File of people"),
    BatchKind.BY_HAND: lazy("Enrolled by hand"),
    BatchKind.WITHDRAWAL: lazy("Withdrawn"),
    BatchKind.MOVE: lazy("Moved"),
    BatchKind.STATE: lazy("Change of state"),
    BatchKind.DIRECTORY: lazy("Enrolled by a directory"),
    BatchKind.PLACES: lazy("Places of a pool"),
    BatchKind.ASSIGNMENT: lazy("Put on courses"),
    BatchKind.DEADLINE: lazy("Other deadline"),
    BatchKind.UNDO: lazy("Undone"),
    BatchKind.WISH: lazy("Self-enrolment"),
    BatchKind.RULE: lazy("Rule of the cohort"),
}
PORTAL_WORDS: dict[Portal, Lazy] = {
    Portal.KAIROS: lazy("Kairos (France Travail)"),
    Portal.EDOF: lazy("EDOF (personal training account)"),
    Portal.NOWHERE: lazy("Nowhere"),
}
#: What the settings of a cohort offer.
PORTAL_CHOICES = [
    SelectChoice("", lazy("As the scheme says")),
    *(SelectChoice(*pair) for pair in PORTAL_WORDS.items()),
]
LEVEL_WORDS: dict[Level, tuple[Lazy, Lazy]] = {
    Level.NOMINATIVE: (lazy("By name"), lazy("Names, identifiers and progress of each person.")),
    Level.PSEUDONYMOUS: (
        lazy("By code"),
        lazy("The progress of each person, under a code instead of the name."),
    ),
    Level.AGGREGATE: (lazy("Totals only"), lazy("How many people stand where, and nobody in particular.")),
}


MODE_WORDS: dict[ImportMode, Lazy] = {
    ImportMode.CHANGES: lazy("Write what changed since the last file (recommended)"),
    ImportMode.ADD: lazy("Only add new people"),
    ImportMode.UPDATE: lazy("Add and update everything, as the file says it"),
    ImportMode.REPLACE: lazy("Replace the cohort: whoever is not in the file leaves it"),
}


def short(most: int = 200) -> Length:
    """At most so many characters."""
    return Length(max=most, message=lazy("This is too long."))


class CohortForm(FlaskForm):
    """A cohort: its name, what people follow, until when."""

    name = StringField(
        lazy("Name of the cohort"),
        [InputRequired(lazy("Give the cohort a name.")), short(120)],
        description=lazy("For example: Everyday digital skills, November. People read it on their pages."),
    )
    path = SelectField(lazy("Path or course"), validate_choice=True)
    starts_on = DateField(lazy("First day"), [Optional()])
    due_on = DateField(lazy("To be finished by"), [Optional()])

    def validate_due_on(self, field: Field) -> None:
        """Not before the first day."""
        in_order(self.starts_on, field)


class SettingsForm(FlaskForm):
    """What a cohort is called, when it runs, and who pays: what people's own lines do not say otherwise."""

    name = StringField(
        lazy("Name of the cohort"), [InputRequired(lazy("Give the cohort a name.")), short(120)]
    )
    starts_on = DateField(lazy("First day"), [Optional()])
    due_on = DateField(lazy("To be finished by"), [Optional()])
    funder = StringField(lazy("Funder"), [short(120)])
    scheme = StringField(lazy("Scheme"), [short(120)])
    agreement = StringField(lazy("Agreement no."), [short(60)])
    session_number = StringField(lazy("Session no."), [short(60)])
    action_number = StringField(lazy("Action no."), [short(60)])
    portal = SelectField(
        lazy("Entries and ends are declared in"),
        choices=PORTAL_CHOICES,
        coerce=lambda said: str(said or ""),
        default="",
    )

    def validate_due_on(self, field: Field) -> None:
        """Not before the first day."""
        if self.starts_on.data and field.data and field.data < self.starts_on.data:
            raise ValidationError(_("The last day comes before the first one."))

    @property
    def about(self) -> dict[str, Any]:
        """Dates and numbers as the cohort keeps them."""
        told = {name: " ".join((self[name].data or "").split()) for name in ("funder", "scheme", "agreement")}
        numbers = {
            name: (self[name].data or "").strip() or None for name in ("session_number", "action_number")
        }
        portal = Portal(self.portal.data) if self.portal.data else None
        return {"starts_on": self.starts_on.data, "portal": portal, **told, **numbers}


class ImportForm(FlaskForm):
    """A file of people, and where they go."""

    file = FileField(
        lazy("The file of people"),
        [FileRequired(lazy("Choose a file: CSV or Excel (.xlsx)."))],
        description=lazy(
            "CSV or Excel (.xlsx), 50 MB at most. Nothing is written before you have seen what it will change."
        ),
    )
    cohort = SelectField(lazy("Cohort"), coerce=int)
    name = StringField(lazy("Name of the new cohort"), [short(120)])
    path = SelectField(lazy("Path or course"))
    due_on = DateField(lazy("To be finished by"), [Optional()])
    mode = SelectField(
        lazy("What the file may do"),
        choices=[SelectChoice(mode.value, cast(str, word)) for mode, word in MODE_WORDS.items()],
        default=ImportMode.CHANGES.value,
        description=lazy(
            "What was changed by hand since the last file stays, unless the file changed it too."
        ),
    )

    def validate_name(self, field: Field) -> None:
        """Needed where no cohort is chosen."""
        if not self.cohort.data and not " ".join((field.data or "").split()):
            raise ValidationError(_("Choose a cohort in the list, or give the new one a name."))


class ColumnsForm(FlaskForm):
    """What each column of a file is. Made with ``of``, which knows how many there are."""

    header: ClassVar[Sequence[str]] = ()

    @classmethod
    def of(cls, header: list[str], chosen: list[str], samples: list[list[str]]) -> "ColumnsForm":
        """A form with a field a column, which shows its first cells."""
        words = {"": _("Not read"), **{name: str(label) for name, (label, _words) in FIELDS.items()}}
        choices = [SelectChoice(name, word) for name, word in words.items()]
        fields = {
            f"column_{n}": SelectField(
                name or _("Column %(number)s, without a name", number=n + 1),
                choices=choices,
                default=chosen[n],
                description=", ".join(filter(None, samples[n])) or _("Empty on the first lines."),
            )
            for n, name in enumerate(header)
        }
        return cast("ColumnsForm", type("ColumnsForm", (cls,), {**fields, "header": header})())

    @property
    def fields(self) -> list[str]:
        """The field chosen for each column, in their order."""
        return [str(self[f"column_{n}"].data) for n in range(len(self.header))]

    def validate(self, extra_validators: Any = None) -> bool:
        """Names are needed, and nothing is read from two columns."""
        if not super().validate(extra_validators):
            return False
        chosen = self.fields
        for n, field in enumerate(chosen):
            if field and field in chosen[:n]:
                label = FIELDS[field][0]
                self._refuse(n, _("“%(name)s” is chosen for two columns. Keep one of them.", name=str(label)))
        missing = [str(FIELDS[field][0]) for field in REQUIRED if field not in chosen]
        if missing:
            self._refuse(0, _("Choose the column of: %(names)s.", names=", ".join(missing)))
        return not self.errors

    def _refuse(self, number: int, sentence: str) -> None:
        field = self[f"column_{number}"]
        field.errors = [*field.errors, sentence]


class LeavingForm(FlaskForm):
    """How many people a file takes out of the cohort, typed by whoever looked at them."""

    leaving = IntegerField(
        lazy("How many people leave"), [InputRequired(lazy("Type how many people leave the cohort."))]
    )

    def __init__(self, expected: int, **more: Any) -> None:
        super().__init__(**more)
        self.expected = expected

    def validate_leaving(self, field: Field) -> None:
        """The very number that is shown."""
        if field.data != self.expected:
            raise ValidationError(
                _("This is another number: look at the list of those who leave, then type how many they are.")
            )


class PersonForm(FlaskForm):
    """One person, by hand. Only the names are needed."""

    last_name = StringField(lazy("Last name"))
    first_name = StringField(lazy("First name"))
    email = EmailField(
        lazy("E-mail"), [Optional()], description=lazy("Not needed: an access card opens the account too.")
    )
    phone = TelField(lazy("Telephone"), [Optional()], description=lazy("For example: 06 39 98 12 34"))
    birth_date = StringField(
        lazy("Date of birth"), [Optional()], description=lazy("Day, month, year. For example: 24/11/1980")
    )
    agency_identifier = StringField(
        lazy("France Travail identifier"), [Optional()], description=lazy("8 or 11 characters.")
    )
    hr_number = StringField(lazy("Staff number"), [Optional()])
    #: "" while nobody was proposed, "new", or the number of somebody we know.
    who = RadioField(lazy("Is it one of these people?"), [Optional()], validate_choice=False)

    def validate_last_name(self, field: Field) -> None:
        """Letters, without digits."""
        _clean(field, cleaning.name, "no_last_name")

    def validate_first_name(self, field: Field) -> None:
        """Letters, without digits."""
        _clean(field, cleaning.name, "no_first_name")

    def validate_email(self, field: Field) -> None:
        """One at-sign, and a domain with a dot."""
        _clean(field, cleaning.email)

    def validate_phone(self, field: Field) -> None:
        """Enough digits to be called."""
        _clean(field, cleaning.phone)

    def validate_birth_date(self, field: Field) -> None:
        """A day that was."""
        _clean(field, lambda text: cleaning.birth(text, text, today()))

    def validate_agency_identifier(self, field: Field) -> None:
        """At most 11 characters."""
        _clean(field, cleaning.identifier)

    def validate_hr_number(self, field: Field) -> None:
        """Any short number."""
        _clean(field, cleaning.number)

    @property
    def said(self) -> dict[str, Any]:
        """Columns of a person, cleaned; to be asked for once the form is valid."""
        names = ("last_name", "first_name", "email", "phone", "agency_identifier", "hr_number")
        found: dict[str, Any] = {name: getattr(self[name], "cleaned", None) or None for name in names}
        birth = getattr(self.birth_date, "cleaned", None)
        return found | {"birth_date": birth if isinstance(birth, date) else None}


class WithdrawForm(FlaskForm):
    """Why people leave."""

    reason = RadioField(
        lazy("Why?"),
        [InputRequired(lazy("Choose a reason."))],
        choices=[SelectChoice(key, cast(str, word)) for key, word in REASON_WORDS.items() if key != BY_RULE],
        description=lazy("It is shown in the reports. Never write anything about health here."),
    )


class StateForm(FlaskForm):
    """Where people stand, as only the staff know it."""

    deed = RadioField(lazy("What happened?"), [InputRequired(lazy("Choose what happened."))])
    reason = SelectField(
        lazy("Why, if they left"),
        choices=[
            SelectChoice("", lazy("Choose a reason")),
            *(SelectChoice(*pair) for pair in REASON_WORDS.items()),
        ],
        description=lazy("It is shown in the reports. Never write anything about health here."),
    )

    def offer(self, rows: Sequence[Any]) -> "StateForm":
        """What can be said of these people, and of how many of them."""
        states = [row.state for row in rows]
        self.deed.choices = [
            SelectChoice(
                deed.value,
                ngettext(
                    "%(word)s (%(num)s person)",
                    "%(word)s (%(num)s people)",
                    number,
                    word=str(DEED_WORDS[deed]),
                ),
            )
            for deed in deeds_for(states)
            if (number := sum(may(state, deed) for state in states))
        ]
        return self

    def validate_reason(self, field: Field) -> None:
        """Needed where somebody leaves."""
        if self.deed.data == Deed.ABANDON and not field.data:
            raise ValidationError(_("Choose a reason."))


class MoveForm(FlaskForm):
    """Where people go."""

    to = SelectField(lazy("Move to"), coerce=int)


class ShareForm(FlaskForm):
    """With whom a cohort is shared, and how much of people it shows."""

    partner = SelectField(lazy("Partner"), coerce=int)
    level = RadioField(
        lazy("What the partner sees"),
        choices=[SelectChoice(level.value, cast(str, words[0])) for level, words in LEVEL_WORDS.items()],
        default=Level.PSEUDONYMOUS.value,
    )


class TrainerForm(FlaskForm):
    """Who teaches a cohort."""

    trainer = SelectField(lazy("Trainer"), coerce=int)


def in_order(first: Field, last: Field) -> None:
    """Raises ``ValidationError`` where the second day comes before the first."""
    if first.data and last.data and last.data < first.data:
        raise ValidationError(_("The last day comes before the first one."))


def _clean(field: Field, way: Callable[[str], Any], missing: str = "") -> None:
    """Judge a field as the cell of a file; what is kept waits on the field."""
    text = text_of(field.data)
    try:
        cleaned = way(text) if text else None
    except Wrong as wrong:
        raise ValidationError(_sentence(wrong.code, wrong.about)) from None
    if missing and not cleaned:
        raise ValidationError(_sentence(missing, {}))
    vars(field)["cleaned"] = cleaned


def _sentence(code: str, about: dict[str, Any]) -> str:
    told = worded({"line": 0, "column": "", "value": "", "code": code, "about": about})
    return f"{told['message']} {told['remedy']}"
