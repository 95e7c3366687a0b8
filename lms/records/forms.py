"""What may be asked of the journal, and about one's own data."""

import re
from datetime import date

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    Field,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import DataRequired, InputRequired, Length, Optional, Regexp, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.records.queries import Asked
from lms.records.services.requests import LONGEST
from lms.records.words import KINDS, REQUESTS


class JournalForm(FlaskForm):
    """Which lines to show; what cannot be read is left out."""

    class Meta:
        csrf = False  # a question in the address

    q = StringField(lazy("Name, e-mail or identifier"), [Optional(), Length(max=100)])
    kind = SelectField(
        lazy("What"),
        [Optional()],
        choices=[
            SelectChoice("", lazy("Everything")),
            *(SelectChoice(key, label) for key, (label, _verbs) in KINDS.items()),
        ],
    )
    since = DateField(lazy("From"), [Optional()])
    until = DateField(lazy("Until"), [Optional()])

    @property
    def asked(self) -> Asked:
        """What was asked for, as far as it can be read."""
        self.validate()
        wrong = self.errors
        since, until = (
            None if field.name in wrong else _day(field.data) for field in (self.since, self.until)
        )
        return Asked(
            who="" if "q" in wrong else (self.q.data or "").strip(),
            kind="" if "kind" in wrong else self.kind.data or "",
            since=since,
            until=until,
        )


def _day(typed: date | None) -> date | None:
    """A day that a journal can have: others are no question."""
    return typed if typed and 2000 <= typed.year <= 2100 else None


class RequestForm(FlaskForm):
    """Which right somebody uses, and what they want."""

    kind = RadioField(
        lazy("What do you ask?"),
        [InputRequired(lazy("Choose what you ask."))],
        choices=[SelectChoice(kind.value, word) for kind, word in REQUESTS.items()],
    )
    wish = TextAreaField(
        lazy("In your words"),
        [Optional(), Length(max=LONGEST, message=lazy("This is too long: 2,000 letters at most."))],
        description=lazy("For example: my first name is written Nadia. Write nothing about your health."),
    )


class ContactForm(FlaskForm):
    """What everybody may put right by themselves."""

    phone = TelField(lazy("Telephone"), [Optional()], description=lazy("For example: 06 39 98 12 34"))
    postcode = StringField(
        lazy("Postcode"),
        [
            Optional(),
            Regexp(
                r"^\s*[0-9A-Za-z][0-9A-Za-z -]{2,9}\s*$",
                message=lazy("A postcode has 5 digits, for example 59100."),
            ),
        ],
    )

    def validate_phone(self, field: Field) -> None:
        """Enough digits to be called."""
        digits = re.sub(r"\D", "", field.data or "")
        if not 9 <= len(digits) <= 15 or re.search(r"[^\d\s.()+/-]", field.data or ""):
            raise ValidationError(_("A telephone number has 10 digits, for example 06 39 98 12 34."))

    @property
    def typed(self) -> dict[str, str]:
        """The telephone as digits, the postcode without what surrounds it."""
        phone = re.sub(r"[^\d+]", "", self.phone.data or "")
        return {"phone": phone, "postcode": " ".join((self.postcode.data or "").split())}


class AnswerForm(FlaskForm):
    """What was done about a request, or why not."""

    state = RadioField(
        lazy("What was done?"),
        [InputRequired(lazy("Say whether it was done."))],
        choices=[
            SelectChoice("done", lazy("It is done")),
            SelectChoice("refused", lazy("It is refused: the law wants this to be kept, or it is not so")),
        ],
    )
    answer = TextAreaField(
        lazy("The answer that this person reads"),
        [
            DataRequired(lazy("Write what was done, or why it was not.")),
            Length(max=LONGEST, message=lazy("This is too long: 2,000 letters at most.")),
        ],
        description=lazy("Plain words: what was changed, what must be kept, until when."),
    )


class EraseForm(FlaskForm):
    """Whether somebody means it."""

    sure = BooleanField(
        lazy("I have read what goes and what stays: this cannot be taken back"),
        [InputRequired(lazy("Tick this line if the person is to be erased."))],
    )
