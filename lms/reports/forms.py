"""What one chooses when asking for a report."""

from flask_wtf import FlaskForm
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import Optional

from lms.core.i18n import lazy

LEVELS = [
    SelectChoice("nominative", lazy("Shown")),
    SelectChoice("pseudonymous", lazy("Replaced by a code")),
    SelectChoice("aggregate", lazy("Totals only, no line about a person")),
]


class OrderForm(FlaskForm):
    """Which cohorts, as of when, at which level, in which kind of file."""

    cohort = SelectField(lazy("Cohort"), choices=[])
    as_of = DateField(lazy("As of"), [Optional()])
    level = SelectField(lazy("Names of people"), choices=LEVELS)
    file = SelectField(
        lazy("File"), choices=[SelectChoice("xlsx", "Excel"), SelectChoice("csv", "CSV")], default="xlsx"
    )
