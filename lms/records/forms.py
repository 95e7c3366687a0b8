"""What may be asked of the journal."""

from datetime import date

from flask_wtf import FlaskForm
from wtforms import DateField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import Length, Optional

from lms.core.i18n import lazy
from lms.records.queries import Asked
from lms.records.words import KINDS


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
