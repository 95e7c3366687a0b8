"""What a mandate is drawn up with."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectMultipleField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget

from lms.core.i18n import lazy
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


class SignedForm(FlaskForm):
    """Whether the paper is signed."""

    signed = BooleanField(
        lazy("The learner has read the form, or had it read to them, and has signed it before me"),
        [InputRequired(lazy("Tick this line once the form is signed."))],
        description=lazy("Keep the signed paper with the person’s file."),
    )
