"""What may be chosen and typed about messages. The limits of a text live beside the family that is worded."""

from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy, ngettext
from lms.notifications import worded
from lms.notifications.models import MessageRules
from lms.notifications.rules import DAY, NEVER, WEEK, Rules
from lms.notifications.topics import Topic
from lms.notifications.worded import Worded

_ABOVE = ""  #: the choice of those who choose nothing themselves
WEEKDAYS = {"12345": lazy("From Monday to Friday"), "123456": lazy("From Monday to Saturday"), "1234567": lazy("Every day"), "23456": lazy("From Tuesday to Saturday")}  # fmt: skip
COPIES = {WEEK: lazy("Once a week"), DAY: lazy("Once a day"), NEVER: lazy("Never")}
YES_NO = {"yes": lazy("Yes"), "no": lazy("No")}


class RulesForm(FlaskForm):
    """When messages leave, and what convocations say. Whatever is left alone is as above."""

    reminds = SelectField(lazy("Remind learners of their last day"))
    days_before = SelectField(lazy("The first time, how many days before"))
    weekdays = SelectField(lazy("On which days messages leave"))
    opens_at = SelectField(lazy("From this hour on"))
    closes_at = SelectField(lazy("Until this hour"))
    copy = SelectField(lazy("Tell whoever follows learners who is late"))
    disability_contact = StringField(
        lazy("Whom people with a disability call"), [Optional(), Length(max=200, message=lazy("This is too long."))],
        description=lazy("A name and a telephone number or an address."),
    )  # fmt: skip
    equipment = TextAreaField(
        lazy("What is needed to take part"), [Optional(), Length(max=500, message=lazy("This is too long."))],
        description=lazy("Left empty: a telephone, a tablet or a computer with an up-to-date browser, and access to the Internet."),
    )  # fmt: skip
    rules_url = StringField(
        lazy("Where the rules of the training are"), [Optional(), Length(max=300, message=lazy("This is too long."))],
        description=lazy("An address that begins with https://"), render_kw={"inputmode": "url"},
    )  # fmt: skip
    booklet_url = StringField(
        lazy("Where the welcome booklet is"), [Optional(), Length(max=300, message=lazy("This is too long."))],
        description=lazy("An address that begins with https://"), render_kw={"inputmode": "url"},
    )  # fmt: skip

    def offer(self, above: Rules) -> "RulesForm":
        """The choices, the first being what holds without one."""
        hours = {str(hour): _("%(n)s:00", n=hour) for hour in range(25)}
        days = {str(n): ngettext("%(num)s day", "%(num)s days", n) for n in (1, 2, 3, 5, 7, 10, 14, 21, 30)}
        said: dict[str, tuple[dict[str, Any], str]] = {
            "reminds": (YES_NO, "yes" if above.reminds else "no"),
            "days_before": (days, str(above.days_before)),
            "weekdays": (WEEKDAYS, above.weekdays),
            "opens_at": ({hour: word for hour, word in hours.items() if int(hour) < 24}, str(above.opens_at)),
            "closes_at": ({hour: word for hour, word in hours.items() if int(hour)}, str(above.closes_at)),
            "copy": (COPIES, above.copy),
        }
        for name, (words, usual) in said.items():
            first = SelectChoice(_ABOVE, _("As usual here: %(what)s", what=str(words.get(usual, usual))))
            self[name].choices = [first, *(SelectChoice(key, cast(str, word)) for key, word in words.items())]
        return self

    def show(self, own: MessageRules | None) -> "RulesForm":
        """What this organisation chose so far."""
        for field in self.chosen_fields:
            value = getattr(own, field.name) if own is not None else None
            if field.name == "reminds" and value is not None:
                value = "yes" if value else "no"
            field.data = "" if value is None else str(value)
        return self

    @property
    def chosen_fields(self) -> list[Field]:
        """All fields but the form's own token."""
        return [field for field in self if field.name != "csrf_token"]

    @property
    def said(self) -> dict[str, Any]:
        """What was chosen, by name; None: as above."""
        written = {field.name: (field.data or "").strip() for field in self.chosen_fields}
        typed: dict[str, Any] = {name: text or None for name, text in written.items()}
        for name in ("days_before", "opens_at", "closes_at"):
            typed[name] = int(written[name]) if written[name] else None
        typed["reminds"] = {"yes": True, "no": False}.get(written["reminds"])
        return typed

    def hold(self, above: Rules) -> bool:
        """Whether the hours leave any time, with what is taken from above; says so at the field if not."""
        opens = self.said["opens_at"] if self.said["opens_at"] is not None else above.opens_at
        closes = self.said["closes_at"] if self.said["closes_at"] is not None else above.closes_at
        if opens >= closes:
            self.closes_at.errors = [_("Choose an hour after the first one: no message would ever leave.")]
        return bool(opens < closes)

    def validate_rules_url(self, field: Field) -> None:
        """It becomes a link in letters that we sign."""
        if field.data and not field.data.strip().startswith(("https://", "http://")):
            raise ValidationError(_("Write the whole address, from https:// on."))

    validate_booklet_url = validate_rules_url


class WordsForm(FlaskForm):
    """A message in own words."""

    subject = StringField(
        lazy("Subject"),
        [
            InputRequired(lazy("Write a subject.")),
            Length(max=worded.SUBJECT, message=lazy("This is too long.")),
        ],
    )
    body = TextAreaField(
        lazy("Text"),
        [InputRequired(lazy("Write a text.")), Length(max=worded.BODY, message=lazy("This is too long."))],
        description=lazy("An empty line begins a new paragraph."),
        render_kw={"rows": 12},
    )
    short = TextAreaField(
        lazy("For a telephone"),
        [Optional(), Length(max=worded.SHORT, message=lazy("This is too long: 300 letters at most."))],
        description=lazy(
            "Left empty: our text. No e-mail address, no telephone: it is all that this person gets."
        ),
        render_kw={"rows": 4},
    )

    def of(self, kind: type[Worded]) -> "WordsForm":
        """Without the text for telephones where the message never goes there."""
        if kind.house_short is None:
            del self.short
        return self

    def knows(self, kind: type[Worded]) -> bool:
        """Whether every place that is named is one of the message; what is not is told with its line."""
        for field in self:
            if field.name in ("subject", "body", "short"):
                field.errors = [
                    *field.errors,
                    *(fault.words for fault in worded.faults(kind, field.data or "")),
                ]
        return not self.errors

    def said(self, name: str) -> str:
        """What was typed in this field; empty where there is none."""
        return (self[name].data or "").strip() if name in self else ""


class TopicsForm(FlaskForm):
    """What somebody wants to be written."""

    wanted = SelectMultipleField(
        lazy("What I want to receive"), option_widget=CheckboxInput(), validators=[Optional()]
    )

    def offer(self, topics: tuple[Topic, ...]) -> "TopicsForm":
        """Those that may be switched off."""
        self.wanted.choices = [SelectChoice(topic.name, cast(str, topic.label)) for topic in topics]
        return self
