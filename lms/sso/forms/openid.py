"""A provider that speaks OpenID Connect."""

from typing import Any
from urllib.parse import urlsplit

from wtforms import Field, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.sso.forms.provider import PLAIN, ProviderForm, choices, short
from lms.sso.profile import Profile
from lms.sso.wire import is_encrypted

_SHORTEST_SECRET = 32  #: characters that HS256 needs, or whoever sees one token can guess it


class OpenIdForm(ProviderForm):
    """What is copied from the application over there."""

    issuer = StringField(
        lazy("Address of the provider (issuer)"),
        [InputRequired(lazy("Write the address of the provider.")), short()],
        render_kw=PLAIN | {"inputmode": "url"},
    )
    client_id = StringField(
        lazy("Number of this platform over there (client ID)"),
        [InputRequired(lazy("Copy the number that the provider gave to this platform.")), short()],
        render_kw=PLAIN,
    )
    secret = PasswordField(
        lazy("Secret (client secret)"),
        [short(1000)],
        render_kw={"autocomplete": "new-password", "spellcheck": "false"},
    )
    algorithm = SelectField(
        lazy("Signature of its tokens"),
        description=lazy(
            "Only where one was agreed. HS256 uses the secret; choose it only if the provider knows no other."
        ),
    )
    scopes = StringField(
        lazy("Scopes"),
        [InputRequired(lazy("Write at least openid.")), short()],
        render_kw=PLAIN,
    )

    def of_the_kind(self, profile: Profile) -> None:
        """What this kind needs, and nothing else."""
        super().of_the_kind(profile)
        if len(profile.addresses) != 1:  # the only one stands in the field already
            known = ", ".join(f"{label}: {address}" for label, address in profile.addresses)
            self.issuer.description = known or _("The part before /.well-known/openid-configuration.")
        kept = self.provider is not None and self.provider.client_secret
        self.secret.description = (
            _("A secret is kept, sealed; it is never shown. Write a new one only to replace it.")
            if kept
            else _("It is kept sealed and never shown again.")
        )
        self.secret.flags.required = profile.needs_secret and not kept
        usual = ("", _("whatever the provider publishes"))
        self.algorithm.choices = choices([usual, *((one, one) for one in profile.signatures)])
        if len(profile.signatures) < 2:
            del self.algorithm

    def validate_issuer(self, field: Field) -> None:
        """An address of the web, with nothing behind it."""
        place = urlsplit((field.data or "").strip())
        if (
            place.scheme not in ("http", "https")
            or not place.hostname
            or place.query
            or place.fragment
            or "@" in place.netloc
        ):
            raise ValidationError(_("An address begins with https:// and ends without ? or #."))
        if not is_encrypted(field.data.strip()):
            raise ValidationError(
                _("The address must begin with https://, or what is said there could be read on its way.")
            )

    def validate_secret(self, field: Field) -> None:
        """There is one where the kind needs it; long enough where tokens are signed with it."""
        kept = self.provider is not None and self.provider.client_secret
        if self.profile.needs_secret and not field.data and not kept:
            raise ValidationError(_("Copy the secret that the provider gave to this platform."))
        if (
            self.said("algorithm") == "HS256"
            and (len(field.data or "") or self.kept_letters) < _SHORTEST_SECRET
        ):
            raise ValidationError(
                _("Tokens signed with so short a secret could be forged: ask for RS256 or ES256 over there.")
            )

    def validate_scopes(self, field: Field) -> None:
        """OpenID Connect begins with openid."""
        if "openid" not in (field.data or "").split():
            raise ValidationError(_("The scope openid must be among them."))

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, as services take it."""
        return super().typed | {
            "issuer": self.said("issuer").rstrip("/"),
            "client_id": self.said("client_id"),
            "secret": self.said("secret"),
            "algorithm": self.said("algorithm"),
            "scopes": " ".join(self.said("scopes").split()),
        }
