"""What may be said of the rule of a cohort; each condition has its own form."""

from typing import cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs

from lms.core.i18n import Lazy, lazy
from lms.enrolment.condition import Subject
from lms.enrolment.models import Joins

#: What the page of a rule calls groups of conditions.
SUBJECT_WORDS: dict[Subject, Lazy] = {
    Subject.PLACE: lazy("Where they learn, and with whom"),
    Subject.PERSON: lazy("Who they are, and since when they are here"),
    Subject.TRAINING: lazy("What they learn, and have completed"),
}


class RuleForm(FlaskForm):
    """How conditions are joined, and who leaves."""

    joins = RadioField(
        lazy("Who enters the cohort"),
        choices=[
            SelectChoice(Joins.ALL.value, cast(str, lazy("Those who meet all of the conditions"))),
            SelectChoice(Joins.ANY.value, cast(str, lazy("Those who meet at least one of the conditions"))),
        ],
        default=Joins.ALL.value,
    )
    removes = BooleanField(
        lazy("Those whom the rule brought leave once they do not meet it any more"),
        description=lazy(
            "Never those whom somebody enrolled by hand or from a file, nor those who have completed the path."
        ),
    )
    removes_begun = BooleanField(lazy("Also those of them who have begun"))
