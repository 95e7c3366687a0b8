"""Forms of the pages that belong to everybody."""

from wtforms import (
    BooleanField,
    FileField,
    Form,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional

from lms.core.i18n import lazy


class SampleForm(Form):
    """What ``/ui`` shows: one field of each kind, some of them wrong. Nothing is done with it."""

    cohort = StringField(
        lazy("Name of the cohort"),
        [InputRequired()],
        description=lazy("For example: first steps, November"),
        default="Premiers pas",
    )
    phone = TelField(
        lazy("Telephone"), [InputRequired(), Length(10, 14, lazy("The telephone must have 10 digits"))]
    )
    due = SelectField(
        lazy("Deadline"),
        [InputRequired(lazy("Choose a deadline"))],
        choices=[SelectChoice("", lazy("Choose a date")), SelectChoice("1", lazy("In a month"))],
    )
    note = TextAreaField(lazy("Note"), [Optional()], description=lazy("Seen by the team."))
    layout = RadioField(
        lazy("Questions"),
        [InputRequired(lazy("Choose how the questions are shown"))],
        choices=[
            SelectChoice("one", lazy("One question a page")),
            SelectChoice("all", lazy("All on one page")),
        ],
    )
    welcome = BooleanField(lazy("Send a welcome message"), default=True)
    file = FileField(
        lazy("Excel or CSV file, 50 MB at most"), description=lazy("Nothing is saved before you agree.")
    )


def sample_form() -> SampleForm:
    """The form as it looks when it came back."""
    from werkzeug.datastructures import MultiDict

    form = SampleForm(MultiDict({"cohort": "Premiers pas", "phone": "06 39 98", "welcome": "1"}))
    form.validate()
    return form
