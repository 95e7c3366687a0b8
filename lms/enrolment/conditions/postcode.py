"""Where somebody lives, by the beginning of the postcode: a département, a town."""

import re
from typing import Any

from sqlalchemy import or_, select
from wtforms import Field, StringField
from wtforms.validators import InputRequired, Length, ValidationError

from lms.core.db import AnySelect
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment.condition import Condition, ConditionForm, Kept, Said, Subject
from lms.people.models import Person

MOST = 110  #: there are 101 départements
#: The départements of Corsica have letters, their postcodes have none.
_CORSICA = {"2A": ("2A", "200", "201"), "2B": ("2B", "202", "206")}


class PostcodeForm(ConditionForm):
    """Beginnings of postcodes."""

    starts = StringField(
        lazy("Postcodes or départements"),
        [
            InputRequired(lazy("Give at least one postcode or département.")),
            Length(max=800, message=lazy("This is too long.")),
        ],
        description=lazy("For example: 75, 92, 93. Or whole postcodes: 69003."),
    )

    def validate_starts(self, field: Field) -> None:
        """Two to five digits each, or 2A and 2B."""
        said = starts(field.data or "")
        for one in said:
            if not re.fullmatch(r"\d{2,5}|2[AB]", one):
                raise ValidationError(
                    _(
                        "“%(typed)s” is no postcode and no département. Type numbers, such as 69 or 69003.",
                        typed=one,
                    )
                )
        if not said:
            raise ValidationError(_("Give at least one postcode or département."))
        if len(said) > MOST:
            raise ValidationError(_("Give at most %(most)s of them.", most=MOST))


class Postcode(Condition):
    """A postcode that begins so."""

    name = "postcode"
    label = lazy("Postcode or département")
    subject = Subject.PERSON
    yes = lazy("Those who live there")
    no = lazy("Those who do not live there, or whose postcode is not known")
    form = PostcodeForm

    def keep(self, form: Any) -> Kept:
        return Kept({"starts": starts(form.starts.data)})

    def persons(self, said: Said) -> AnySelect:
        wanted = [part for one in said.settings["starts"] for part in _CORSICA.get(one, (one,))]
        begins = or_(*(Person.postcode.startswith(one, autoescape=True) for one in wanted))
        return select(Person.id).where(Person.tenant_id == said.tenant_id, begins)

    def words(self, said: Said, is_not: bool) -> str:
        there = ", ".join(said.settings["starts"])
        if is_not:
            return _("Postcode that does not begin with: %(starts)s", starts=there)
        return _("Postcode that begins with: %(starts)s", starts=there)


def starts(text: str) -> list[str]:
    """What was typed, one by one, in the order typed."""
    return list(dict.fromkeys(re.findall(r"[^\s,;]+", text.upper())))
