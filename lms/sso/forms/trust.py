"""How far a provider is trusted."""

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, StringField
from wtforms.validators import ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.sso.directory import PASSING
from lms.sso.forms.provider import PLAIN, short
from lms.sso.vouching import ALONE


class TrustForm(FlaskForm):
    """How far a provider is trusted."""

    vouches = BooleanField(
        lazy("Whoever showed two factors there shows none here"),
        description=lazy(
            "For the team, where your organisation asks for a second factor. Only if the provider says so of each sign-in."
        ),
    )
    two_factors = StringField(
        lazy("What it then says (acr or amr)"),
        [short(200)],
        description=lazy(
            "As it stands in the signed token; several with spaces between. “Try it” shows what came back."
        ),
        render_kw=PLAIN,
    )
    is_directory = BooleanField(
        lazy("This provider and the directory (SCIM) of the organisation are one"),
        description=lazy(
            "Whoever the directory announced then comes in as that person, by a number that both know; never by an address."
        ),
    )
    number_claim = StringField(
        lazy("Claim that holds the directory’s number (externalId)"),
        [short(100)],
        description=lazy(
            "Most often sub. With Microsoft Entra: oid, where externalId is mapped to objectId."
        ),
        render_kw=PLAIN,
    )

    def validate_two_factors(self, field: Field) -> None:
        """Values that mean two factors, where the provider vouches for them."""
        said = (field.data or "").split()
        if self.vouches.data and not said:
            raise ValidationError(_("Write what the provider says of two factors, such as mfa."))
        if alone := next((one for one in said if one in ALONE), ""):
            raise ValidationError(
                _("“%(said)s” means one factor, or none. Write what means two, such as mfa.", said=alone)
            )

    def validate_number_claim(self, field: Field) -> None:
        """A claim whose value stays with one person."""
        said = (field.data or "").strip()
        if self.is_directory.data and not said:
            raise ValidationError(_("Write the name of the claim, such as sub or oid."))
        if said.casefold() in PASSING:
            raise ValidationError(
                _("“%(said)s” may change, or pass to somebody else. Write a claim that holds a number, such as sub or oid.", said=said)
            )  # fmt: skip

    @property
    def typed(self) -> dict[str, str]:
        """What was typed, as services take it: empty where the box is not ticked."""
        return {
            "two_factors": " ".join((self.two_factors.data or "").split()) if self.vouches.data else "",
            "number_claim": (self.number_claim.data or "").strip() if self.is_directory.data else "",
        }
