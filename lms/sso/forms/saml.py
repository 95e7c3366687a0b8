"""A provider that speaks SAML."""

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask_wtf.file import FileField
from wtforms import Field, StringField, TextAreaField
from wtforms.validators import Optional, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.sso.faults import ProviderAway, explain
from lms.sso.forms.provider import PLAIN, ProviderForm, short
from lms.sso.profile import Profile
from lms.sso.saml.published import described
from lms.sso.saml.reading import LARGEST
from lms.sso.wire import is_encrypted


class SamlForm(ProviderForm):
    """The provider's metadata: where it stands, or as a file, or pasted."""

    file = FileField(lazy("Its metadata as a file (XML)"), description=lazy("256 KB at most."))
    levels = StringField(
        lazy("Level of assurance asked for (AuthnContext)"),
        [Optional(), short(600)],
        description=lazy(
            "Only where the provider has such levels. Several with spaces between: one of them is enough."
        ),
        render_kw=PLAIN,
    )
    pasted = TextAreaField(
        lazy("Its metadata, pasted"),
        description=lazy("Instead of the address or the file. It begins with <EntityDescriptor or <?xml."),
        render_kw=PLAIN | {"rows": "5"},
    )

    def of_the_kind(self, profile: Profile) -> None:
        """Say that metadata is kept already."""
        super().of_the_kind(profile)
        if self._kept:
            self.pasted.description = _("Metadata is kept. Give it anew only to replace it.")

    @cached_property
    def _given(self) -> str:
        """The metadata that was uploaded or pasted just now; what is no text becomes signs that no XML holds."""
        upload: Any = self.file.data  # Werkzeug's file, or None
        if upload is not None and upload.filename:
            return str(upload.read(LARGEST + 1).decode("utf-8", "replace").strip())
        return (self.pasted.data or "").strip()

    @property
    def _kept(self) -> str:
        return str(self.provider.options.get("pasted", "")) if self.provider else ""

    def validate_option_address(self, field: Field) -> None:
        """An address of the web; or there is metadata in its place."""
        address = (field.data or "").strip()
        if not address:
            if not self._given and not self._kept:
                raise ValidationError(
                    _("Write the address of the provider’s metadata, or give the metadata itself below.")
                )
            return
        place = urlsplit(address)
        if place.scheme not in ("http", "https") or not place.hostname or "@" in place.netloc:
            raise ValidationError(_("An address begins with https://."))
        if not is_encrypted(address):
            raise ValidationError(
                _("The address must begin with https://, or what is said there could be read on its way.")
            )
        if self._given:
            raise ValidationError(
                _("Give the address or the metadata itself, not both: they could say different things.")
            )

    def validate_option_subject(self, field: Field) -> None:
        """An e-mail address may pass to somebody else, who would then be taken for whoever had it."""
        named = (field.data or "").strip()
        if named and named in (*self.profile.claims["email"], self.said("claim_email")):
            raise ValidationError(
                _("An e-mail address may pass to somebody else. Name an attribute that never changes, such as a staff number.")
            )  # fmt: skip

    def validate_pasted(self, _field: Field) -> None:
        """It is read at once, so that what is wrong is said here."""
        if not self._given:
            return
        try:
            described(self._given.encode(), self.said("option_entity"))
        except ProviderAway as fault:
            told = explain(fault.code, fault.detail, self.profile)
            assert told is not None
            raise ValidationError(f"{told.what} {told.remedy}") from fault

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, as services take it."""
        found = super().typed
        address = self.said("option_address")
        found["options"] = {
            "address": address,
            "entity": self.said("option_entity"),
            "subject": self.said("option_subject"),
            "pasted": "" if address else self._given or self._kept,
        }
        return found
