"""What may be typed about organisations."""

import re
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    SelectField,
    SelectMultipleField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, NumberRange, Optional, ValidationError
from wtforms.widgets import CheckboxInput

from lms.core import retention
from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.organisations.accent import is_colour
from lms.organisations.features import FEATURES
from lms.organisations.identifiers import DIGITS, bare, fault
from lms.organisations.keeping import CHOSEN
from lms.organisations.models import Role
from lms.organisations.roles import KIND_WORDS, role_name

_NUMBER = {"inputmode": "numeric", "autocomplete": "off"}
_TEXTS = (
    *("name", "kind", "level", "address", "help_phone", "help_hours", "accent"),
    *("signatory", "signatory_role", "language", "zone"),
)


def _short(most: int = 200) -> Length:
    return Length(max=most, message=lazy("This is too long."))


KINDS = [SelectChoice(kind.value, cast(str, word)) for kind, word in KIND_WORDS.items()]
#: Where our customers are; an organisation that has another clock keeps it.
ZONES = (
    *("Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Miquelon"),
    *("Indian/Reunion", "Indian/Mayotte", "Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis"),
    *("Europe/Brussels", "Europe/Luxembourg", "Europe/Zurich", "Europe/London", "America/Toronto"),
)


class NewOrganisationForm(FlaskForm):
    """A new one below another."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the name of the organisation.")), _short()])
    kind = SelectField(lazy("Kind"), choices=KINDS)
    level = StringField(
        lazy("Level"),
        [Optional(), _short(40)],
        description=lazy("In your own words: network, region, agency, site."),
    )
    slug = StringField(
        lazy("Short name"),
        [Optional(), _short(60)],
        description=lazy("For addresses and commands. Left empty, it is made from the name."),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    def said(self, name: str) -> str:
        """What was typed in this field, without what surrounds it."""
        return " ".join((self[name].data or "").split())


class SwitchesForm(FlaskForm):
    """What is done here in another way than elsewhere."""

    features = SelectMultipleField(
        lazy("Switches"),
        choices=[SelectChoice(one.name, cast(str, one.label)) for one in FEATURES],
        option_widget=CheckboxInput(),
    )
    all_below = BooleanField(lazy("In all the organisations below, too"))


class KeepForm(FlaskForm):
    """Days by name, a field for each line of ``keeping.CHOSEN``: as long as the installation keeps it, or less."""

    @property
    def lines(self) -> list[Field]:
        """The fields, in the order of the page."""
        return [self[line.name] for line in CHOSEN]

    @property
    def typed(self) -> dict[str, int]:
        """Days by name, where some were given."""
        return {field.name: field.data for field in self.lines if field.data is not None}


def _check_days(_form: FlaskForm, field: Field) -> None:
    least, most = retention.limits(field.name)
    if field.data is not None and not least <= field.data <= most:
        raise ValidationError(_("Write a number of days from %(least)s to %(most)s.", least=least, most=most))


for _line in CHOSEN:
    setattr(
        KeepForm,
        _line.name,
        IntegerField(cast(str, _line.label), [Optional(), _check_days], render_kw=_NUMBER),
    )


class OrganisationForm(FlaskForm):
    """What pages and papers say of an organisation."""

    name = StringField(lazy("Name"), [InputRequired(lazy("Write the name of the organisation.")), _short()])
    kind = SelectField(lazy("Kind"), choices=KINDS)
    level = StringField(
        lazy("Level"),
        [Optional(), _short(40)],
        description=lazy("In your own words: network, region, agency, site."),
    )
    siret = StringField(lazy("SIRET"), [Optional()], description=lazy("14 digits."), render_kw=_NUMBER)
    nda = StringField(
        lazy("Declaration number (NDA)"),
        [Optional()],
        description=lazy("Of a training body: 11 digits."),
        render_kw=_NUMBER,
    )
    safir = StringField(
        lazy("SAFIR code"), [Optional()], description=lazy("Of a public employment agency: 5 digits."), render_kw=_NUMBER
    )  # fmt: skip
    address = StringField(lazy("Address"), [Optional(), _short()])
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

    requires_second_factor = BooleanField(
        lazy("The team shows a second factor"),
        description=lazy(
            "Besides the password: a code of an app, or a passkey. Whoever has none sets one up before anything else. Never asked of learners; it holds for all that lies below."
        ),
    )

    language = SelectField(
        lazy("Language of new people"),
        choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")],
    )
    zone = SelectField(lazy("Clock"), choices=[SelectChoice(zone, zone) for zone in ZONES])

    def validate_siret(self, field: Field) -> None:
        """14 digits; whether the last one is right is another question."""
        _check_number("siret", field)

    def validate_nda(self, field: Field) -> None:
        """11 digits."""
        _check_number("nda", field)

    def validate_safir(self, field: Field) -> None:
        """5 digits."""
        _check_number("safir", field)

    def validate_help_phone(self, field: Field) -> None:
        """A number that can be dialled."""
        if len(re.sub(r"\D", "", field.data or "")) < 4 or re.search(r"[^\d\s.()+]", field.data or ""):
            raise ValidationError(_("Write a telephone number, for example 01 99 00 42 10."))

    def validate_accent(self, field: Field) -> None:
        """Six hexadecimal digits."""
        if not is_colour((field.data or "").strip()):
            raise ValidationError(_("A colour is a # and six signs from 0 to f, for example #0b4a59."))

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, without what surrounds it; numbers that are not there are None."""
        values = {name: " ".join((self[name].data or "").split()) for name in _TEXTS}
        numbers = {name: bare(self[name].data) or None for name in DIGITS}
        second = {"requires_second_factor": bool(self.requires_second_factor.data)}
        return values | {"accent": values["accent"].lower()} | numbers | second


def keep_zone(form: OrganisationForm, zone: str) -> OrganisationForm:
    """A clock that is not among ours stays among the choices of whoever has it."""
    if zone not in ZONES:
        form.zone.choices = [SelectChoice(one, one) for one in (zone, *ZONES)]
    return form


def _check_number(kind: str, field: Field) -> None:
    if said := fault(kind, field.data or ""):
        raise ValidationError(said)


def _days() -> IntegerField:
    return IntegerField(
        lazy("For how many days"),
        [
            InputRequired(lazy("Write a number of days, from 1 to 90.")),
            NumberRange(1, 90, lazy("Write a number of days, from 1 to 90.")),
        ],
        default=14,
        render_kw={"inputmode": "numeric"},
    )


class InvitationForm(FlaskForm):
    """Into which role."""

    role = SelectField(lazy("Role"))

    def offer(self, roles: list[Role]) -> "InvitationForm":
        """Let only these be chosen."""
        self.role.choices = [(one.value, role_name(one)) for one in roles]
        return self

    @property
    def chosen(self) -> Role:
        """The role."""
        return Role(self.role.data)


class MailInvitationForm(InvitationForm):
    """Addresses, one a line."""

    addresses = TextAreaField(
        lazy("E-mail addresses"),
        [InputRequired(lazy("Write at least one address.")), _short(20_000)],
        description=lazy("One a line, or with commas between them. At most 200."),
        render_kw={"rows": 4, "autocapitalize": "none", "spellcheck": "false"},
    )
    days = _days()

    @property
    def each(self) -> list[str]:
        """The addresses, without what stands between them."""
        return [one for one in re.split(r"[\s,;]+", self.addresses.data or "") if one]


class LinkInvitationForm(InvitationForm):
    """How many may use a link."""

    most = IntegerField(
        lazy("For how many people"),
        [
            InputRequired(lazy("Write a number, from 1 to 1,000.")),
            NumberRange(1, 1_000, lazy("Write a number, from 1 to 1,000.")),
        ],
        default=20,
        render_kw={"inputmode": "numeric"},
    )
    days = _days()


class InvitationCodeForm(FlaskForm):
    """The code of an invitation, typed."""

    code = StringField(
        lazy("Code of the invitation"),
        [InputRequired(lazy("Write the code: 12 letters and digits.")), _short(100)],
        description=lazy("For example: K7FQ-2XNR-P3HW. Dashes and capitals do not matter."),
        render_kw={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"},
    )
