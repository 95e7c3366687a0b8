"""What may be typed about ways into a cohort and wishes to enter it."""

from typing import cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Field, IntegerField, RadioField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional, ValidationError

from lms.core.clock import today
from lms.core.i18n import Lazy, lazy
from lms.core.i18n import gettext as _
from lms.enrolment.forms import short
from lms.enrolment.models import WayMode, WishState
from lms.enrolment.services import seats
from lms.enrolment.services.wishes import LONGEST

#: How far a request has come, on a receipt.
WISH_WORDS: dict[str, Lazy] = {
    WishState.ASKED.value: lazy("Waits for an answer"),
    WishState.WAITING.value: lazy("On the waiting list"),
    WishState.ENTERED.value: lazy("Enrolled"),
    WishState.REFUSED.value: lazy("Not accepted"),
    WishState.WITHDRAWN.value: lazy("Given up"),
}
_NUMBER = {"inputmode": "numeric"}


class SeatsForm(FlaskForm):
    """How many people a cohort takes."""

    seats = IntegerField(
        lazy("How many people the cohort takes"),
        [Optional(), NumberRange(1, seats.MOST, lazy("Write a number, from 1 to 100,000, or nothing."))],
        description=lazy("Leave it empty for as many as come. It holds for everybody, whoever enrols them."),
        render_kw=_NUMBER,
    )


class WayForm(FlaskForm):
    """A new way into a cohort."""

    mode = RadioField(
        lazy("Whoever has the code"),
        choices=[
            SelectChoice(
                WayMode.AT_ONCE.value, cast(str, lazy("Enters at once, as long as there is a seat"))
            ),
            SelectChoice(WayMode.ON_APPROVAL.value, cast(str, lazy("Says why, and waits for your answer"))),
        ],
        default=WayMode.AT_ONCE.value,
    )
    most = IntegerField(
        lazy("How many people may use it"),
        [Optional(), NumberRange(1, seats.MOST, lazy("Write a number, from 1 to 100,000, or nothing."))],
        description=lazy("Leave it empty for no limit."),
        render_kw=_NUMBER,
    )
    ends_on = DateField(lazy("Last day"), [Optional()])
    is_public = BooleanField(
        lazy("Open to everybody of the organisation"),
        description=lazy("They find it among the open trainings, without the code."),
    )
    zone: str = "Europe/Paris"

    def validate_ends_on(self, field: Field) -> None:
        """Not over before it begins."""
        if field.data and field.data < today(self.zone):
            raise ValidationError(_("This day is over. Choose today or a later day."))


class WayCodeForm(FlaskForm):
    """The code of a way, typed."""

    code = StringField(
        lazy("Enrolment code"),
        [InputRequired(lazy("Write the code: 12 letters and digits.")), short(100)],
        description=lazy("For example: K7FQ-2XNR-P3HW. Dashes and capitals do not matter."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )


class WishForm(FlaskForm):
    """Why somebody wants to enter; needed only where somebody reads it."""

    why = TextAreaField(
        lazy("Why you want to take part"),
        [short(LONGEST)],
        description=lazy(
            "One or two sentences are enough, at most 500 letters. Write nothing about your health."
        ),
        render_kw={"rows": 4},
    )
    is_read: bool = False

    def validate_why(self, field: Field) -> None:
        """Whoever decides needs something to decide by."""
        if self.is_read and not (field.data or "").strip():
            raise ValidationError(_("Write one sentence: whoever decides reads it."))


class AnswerForm(FlaskForm):
    """What those are told who asked."""

    answer = TextAreaField(
        lazy("What they are told"),
        [short(LONGEST)],
        description=lazy("They read it in a mail and on their page. Needed to refuse. Nothing about health."),
        render_kw={"rows": 3},
    )
    refuses: bool = False

    def validate_answer(self, field: Field) -> None:
        """Nobody is refused without a reason."""
        if self.refuses and not (field.data or "").strip():
            raise ValidationError(_("Say why: they will read it."))
