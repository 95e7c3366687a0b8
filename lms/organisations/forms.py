"""What may be typed about organisations."""

import re

from flask_wtf import FlaskForm
from wtforms import Field, StringField, TelField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.organisations.accent import is_colour


def _short(most: int = 200) -> Length:
    return Length(max=most, message=lazy("This is too long."))


class OrganisationForm(FlaskForm):
    """What pages and papers say of an organisation."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the name of the organisation.")), _short()])
    help_phone = TelField(
        lazy("Telephone for help"),
        [Optional(), _short(30)],
        description=lazy("Shown at the foot of each page and on the access cards."),
    )
    help_hours = StringField(
        lazy("When somebody answers"),
        [Optional(), _short()],
        description=lazy("For example: Monday to Friday, 9 to 17"),
    )
    accent = StringField(
        lazy("Colour"),
        [Optional()],
        description=lazy("For example: #0b4a59. It is made darker where it could not be read."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )
    signatory = StringField(lazy("Who signs the certificates"), [Optional(), _short()])
    signatory_role = StringField(
        lazy("As what"),
        [Optional(), _short()],
        description=lazy("For example: head of the training department"),
    )

    def validate_help_phone(self, field: Field) -> None:
        """A number that can be dialled."""
        if len(re.sub(r"\D", "", field.data or "")) < 4 or re.search(r"[^\d\s.()+]", field.data or ""):
            raise ValidationError(_("Write a telephone number, for example 01 99 00 42 10."))

    def validate_accent(self, field: Field) -> None:
        """Six hexadecimal digits."""
        if not is_colour((field.data or "").strip()):
            raise ValidationError(_("A colour is a # and six signs from 0 to f, for example #0b4a59."))

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, without what surrounds it."""
        names = ("name", "help_phone", "help_hours", "accent", "signatory", "signatory_role")
        values = {name: " ".join((self[name].data or "").split()) for name in names}
        return values | {"accent": values["accent"].lower()}
