"""What a mandate is drawn up with."""

import re
from datetime import date

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Field, RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput, ListWidget

from lms.core.clock import today
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.mandates.finding import Described
from lms.mandates.words import DURATIONS, SCOPES


class MandateForm(FlaskForm):
    """What for, and how long."""

    scopes = SelectMultipleField(
        lazy("What for?"),
        [InputRequired(lazy("Tick at least one line."))],
        choices=[SelectChoice(scope.value, word) for scope, word in SCOPES.items()],
        option_widget=CheckboxInput(),
        widget=ListWidget(prefix_label=False),
        description=lazy("As the learner would say it: the form is signed in these words."),
    )
    days = RadioField(
        lazy("How long?"),
        [InputRequired(lazy("Choose how long."))],
        coerce=int,
        choices=[SelectChoice(days, word) for days, word in DURATIONS.items()],
        default=31,
        description=lazy("It begins with the signature, and ends by itself."),
    )


_NAME = {"autocomplete": "off", "autocapitalize": "words", "spellcheck": "false"}


class FindForm(MandateForm):
    """Whom, besides: as the learner says it, or shows it on a letter."""

    last_name = StringField(
        lazy("Last name"),
        [InputRequired(lazy("Write the last name.")), Length(max=100, message=lazy("This is too long."))],
        render_kw=_NAME,
    )
    first_name = StringField(
        lazy("First name"),
        [InputRequired(lazy("Write the first name.")), Length(max=100, message=lazy("This is too long."))],
        render_kw=_NAME,
    )
    birth_date = DateField(lazy("Date of birth"), [Optional()], render_kw={"autocomplete": "off"})
    number = StringField(
        lazy("Agency or staff number"),
        [Optional(), Length(max=40, message=lazy("This is too long."))],
        description=lazy("Where the date of birth is not known here. It stands on letters of the agency."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )

    def validate_last_name(self, _field: Field) -> None:
        """A name alone is no way to find somebody."""
        if (
            not (self.birth_date.raw_data and self.birth_date.raw_data[0])
            and not (self.number.data or "").strip()
        ):
            raise ValidationError(_("Write the date of birth too, or a number of the person."))

    def validate_birth_date(self, field: Field) -> None:
        """A day of somebody who lives."""
        if field.data and not date(1900, 1, 1) <= field.data <= today():
            raise ValidationError(_("This cannot be a date of birth. Check the year."))

    @property
    def described(self) -> Described:
        """Whom the form speaks of."""
        first, last = (" ".join((one.data or "").split()) for one in (self.first_name, self.last_name))
        return Described(first, last, self.birth_date.data, re.sub(r"\s", "", self.number.data or ""))


class SignedForm(FlaskForm):
    """Whether the paper is signed."""

    signed = BooleanField(
        lazy("The learner has read the form, or had it read to them, and has signed it before me"),
        [InputRequired(lazy("Tick this line once the form is signed."))],
        description=lazy("Keep the signed paper with the person’s file."),
    )
