"""What the staff type about people: names, contacts and numbers; where somebody is put, and who follows them."""

import re
from datetime import date
from typing import Any

from wtforms import DateField, EmailField, Field, RadioField, SelectField, StringField
from wtforms.validators import Optional, ValidationError

from lms.core.clock import today
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.people.forms import NamesForm, Typed, check_email, short


class PersonForm(NamesForm):
    """Names and contacts."""

    email = EmailField(lazy("E-mail"), [Optional(), short()])
    birth_date = DateField(lazy("Date of birth"), [Optional()])
    postcode = StringField(lazy("Postcode"), [Optional(), short(10)])
    agency_identifier = StringField(
        lazy("Agency number"), [Optional()], description=lazy("8 or 11 letters and digits.")
    )
    hr_number = StringField(lazy("Staff number"), [Optional(), short(40)])

    def validate_birth_date(self, field: Field) -> None:
        """A day of somebody who lives."""
        if field.data and not date(1900, 1, 1) <= field.data <= today():
            raise ValidationError(_("This cannot be a date of birth. Check the year."))

    def validate_postcode(self, field: Field) -> None:
        """Letters, digits, spaces and dashes."""
        if re.search(r"[^\w -]", field.data or ""):
            raise ValidationError(_("A postcode has letters and digits, for example 59000."))

    def validate_agency_identifier(self, field: Field) -> None:
        """At most 11 letters and digits."""
        if not re.fullmatch(r"[0-9A-Z]{6,11}", _bare(field.data)):
            raise ValidationError(_("An agency number has 8 or 11 letters and digits, for example 1234567A."))

    def validate_email(self, field: Field) -> None:
        """One at-sign, and a domain with a dot."""
        check_email(field)

    @property
    def typed(self) -> dict[str, str]:
        """The same, with the address in lower case."""
        return self.names | {"email": (self.email.data or "").strip().casefold()}

    @property
    def facts(self) -> dict[str, Any]:
        """What else was typed: columns of a person, None where nothing was."""
        return {
            "birth_date": self.birth_date.data,
            "postcode": self.said("postcode").strip() or None,
            "agency_identifier": _bare(self.agency_identifier.data) or None,
            "hr_number": " ".join(self.said("hr_number").split()) or None,
        }


class PlaceForm(Typed):
    """Where somebody is put, as what, and until when."""

    place = SelectField(lazy("Organisation"), coerce=int)
    role = SelectField(lazy("Role"))
    until = DateField(
        lazy("Until"),
        [Optional()],
        description=lazy("An audit has an end: a year at most. Others may have one."),
    )


class MoveForm(Typed):
    """Where somebody goes."""

    place = SelectField(lazy("Move to"), coerce=int)


class FollowerForm(Typed):
    """Who follows a learner; 0: nobody."""

    follower = SelectField(lazy("Followed by"), coerce=int)


class NewPersonForm(PersonForm, PlaceForm):
    """Somebody new, and what they are."""

    #: "" while nobody was proposed, "new", or the number of somebody we know.
    who = RadioField(lazy("Is it one of these people?"), [Optional()], validate_choice=False)


def _bare(text: str | None) -> str:
    """A number without what people write between its parts."""
    return re.sub(r"[\s.-]", "", text or "").upper()
