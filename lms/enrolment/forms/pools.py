"""What may be typed about pools of places."""

from secrets import token_hex
from typing import cast

from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, Field, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than its stubs
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.enrolment import amounts
from lms.enrolment.forms import in_order, short
from lms.ledger.models import Unit


class AmountsForm(FlaskForm):
    """What forms about pools share: fields that hold places or euros. ``unit`` is set by whoever makes the form."""

    unit_of_pool: Unit = Unit.PLACE
    #: Told apart from the same form sent twice.
    once = HiddenField(default=lambda: token_hex(8), validators=[Length(max=40)])

    def read_amount(self, field: Field, unit: Unit, *, least: int = 1) -> int:
        """What the field holds, in the unit. Raises ``ValidationError``."""
        found = amounts.read(unit, field.data or "")
        if found is None or found < least:
            raise ValidationError(
                _("Type an amount in euros, for example: 1 200,50.")
                if unit is Unit.CREDIT_CENTS
                else _("Type a whole number of places, for example: 50.")
            )
        return found


class PoolForm(AmountsForm):
    """A new pool of places, or a budget."""

    name = StringField(
        lazy("Name of the pool"),
        [InputRequired(lazy("Give the pool a name.")), short(120)],
        description=lazy("For example: Digital skills, Region 2026."),
    )
    unit = RadioField(
        lazy("What it counts"),
        choices=[
            SelectChoice(Unit.PLACE.value, cast(str, lazy("Places: one for each person"))),
            SelectChoice(Unit.CREDIT_CENTS.value, cast(str, lazy("Euros: a price for each person"))),
        ],
        default=Unit.PLACE.value,
    )
    total = StringField(lazy("How many in all"), [InputRequired(lazy("Say how many."))])
    price = StringField(
        lazy("Price of one enrolment, in euros"),
        description=lazy("Only where euros are counted."),
    )
    funder = StringField(lazy("Funder"), [short(120)])
    path = SelectField(lazy("What it pays for"))
    starts_on = DateField(lazy("First day"), [InputRequired(lazy("Give the first day."))])
    ends_on = DateField(
        lazy("Last day"), [Optional()], description=lazy("Nobody is enrolled with it after this day.")
    )

    @property
    def counts(self) -> Unit:
        """Places or euros, as chosen."""
        return Unit.CREDIT_CENTS if self.unit.data == Unit.CREDIT_CENTS else Unit.PLACE

    def validate_total(self, field: Field) -> None:
        """Above zero."""
        self.read_amount(field, self.counts)

    def validate_price(self, field: Field) -> None:
        """Needed where euros are counted."""
        if self.counts is Unit.CREDIT_CENTS:
            self.read_amount(field, Unit.CREDIT_CENTS)

    def validate_ends_on(self, field: Field) -> None:
        """Not before the first day."""
        in_order(self.starts_on, field)


class PoolSettingsForm(AmountsForm):
    """Another name, funder, time or total."""

    name = StringField(lazy("Name of the pool"), [InputRequired(lazy("Give the pool a name.")), short(120)])
    funder = StringField(lazy("Funder"), [short(120)])
    starts_on = DateField(lazy("First day"), [InputRequired(lazy("Give the first day."))])
    ends_on = DateField(
        lazy("Last day"), [Optional()], description=lazy("Nobody is enrolled with it after this day.")
    )
    total = StringField(lazy("How many in all"), [InputRequired(lazy("Say how many."))])

    def validate_total(self, field: Field) -> None:
        """A number; what can't be taken out is refused by the service."""
        self.read_amount(field, self.unit_of_pool, least=0)

    def validate_ends_on(self, field: Field) -> None:
        """Not before the first day."""
        in_order(self.starts_on, field)


class PlacesForm(AmountsForm):
    """So much from one unit to another."""

    source = SelectField(lazy("From which unit"), coerce=int)
    target = SelectField(lazy("To which unit"), coerce=int)
    amount = StringField(lazy("How many"), [InputRequired(lazy("Say how many."))])

    def validate_amount(self, field: Field) -> None:
        """Above zero."""
        self.read_amount(field, self.unit_of_pool)


class RenewalForm(AmountsForm):
    """The next period of a pool."""

    starts_on = DateField(lazy("First day"), [InputRequired(lazy("Give the first day."))])
    ends_on = DateField(
        lazy("Last day"), [Optional()], description=lazy("Nobody is enrolled with it after this day.")
    )
    total = StringField(
        lazy("How many more"),
        [InputRequired(lazy("Say how many."))],
        description=lazy("Zero, where only what is unused goes on."),
    )
    carries = BooleanField(lazy("Carry over what is unused: each unit keeps its own"), default=True)

    def validate_total(self, field: Field) -> None:
        """A number."""
        self.read_amount(field, self.unit_of_pool, least=0)

    def validate_ends_on(self, field: Field) -> None:
        """Not before the first day."""
        in_order(self.starts_on, field)


class BindForm(FlaskForm):
    """A cohort that gets its places out of a pool."""

    cohort = SelectField(lazy("Cohort"), coerce=int)
    how = RadioField(
        lazy("If there are too few places for those who are in it"),
        choices=[
            SelectChoice("all", cast(str, lazy("Refuse, and change nothing"))),
            SelectChoice("some", cast(str, lazy("Give places to those who came first"))),
        ],
        default="all",
    )


class FunderForm(FlaskForm):
    """To whom a pool is shown."""

    partner = SelectField(lazy("Partner"), coerce=int)
