"""What a person may type about a curriculum."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms import FieldList, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired, Length

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy

PLACES = 3  #: places for courses on an empty form
MOST = 30


class CurriculumForm(FlaskForm):
    """A title, a sentence, and courses in their order. Places left empty are passed over."""

    title = StringField(
        lazy("Title"), [InputRequired(lazy("Give the curriculum a title.")), Length(max=150)],
        description=lazy("What learners read above their path."),
    )  # fmt: skip
    summary = TextAreaField(lazy("In one sentence"), [Length(max=500)])
    courses = FieldList(
        SelectField(lazy("Course"), validate_choice=True), min_entries=PLACES, max_entries=MOST
    )

    def __init__(self, offered: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offered = [("", _("No course here")), *offered]
        for field in self.courses:
            field.choices = self.offered

    def one_more(self) -> None:
        """Another place for a course."""
        if len(self.courses) < MOST:
            self.courses.append_entry().choices = self.offered

    def chosen(self) -> list[str]:
        """The slugs of the courses, in their order."""
        return [field.data for field in self.courses if field.data]

    def validate(self, extra_validators: Any = None) -> bool:
        """At least one course, and none twice."""
        valid = bool(super().validate(extra_validators))
        slugs = self.chosen()
        if not slugs:
            self.courses[0].errors = [_("Choose at least one course.")]
        for n, field in enumerate(self.courses):
            if field.data and field.data in [one.data for one in list(self.courses)[:n]]:
                field.errors = [_("This course is already in the path.")]
                valid = False
        return valid and bool(slugs)
