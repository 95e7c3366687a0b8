"""What an administrator types about any provider."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.organisations.models import Role
from lms.organisations.roles import role_name
from lms.sso.models import IdentityProvider
from lms.sso.profile import FIELDS, Profile

PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
#: Anybody may have an address there: it says nothing of an organisation.
_OF_EVERYBODY = {
    "gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com",
    "yahoo.com", "yahoo.fr", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "gmx.com",
    "gmx.fr", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "neuf.fr", "bbox.fr", "laposte.net", "numericable.fr",
}  # fmt: skip


def short(most: int = 300) -> Length:
    """No longer than so many letters."""
    return Length(max=most, message=lazy("This is too long."))


class ProviderForm(FlaskForm):
    """A provider, as its administrator copies it from over there."""

    name = StringField(
        lazy("Name on the button"),
        [InputRequired(lazy("Write the name that people know it by.")), short(60)],
        description=lazy("People read: “Sign in with …”"),
    )
    organisation_id = SelectField(lazy("For the people of"), coerce=int)
    default_role = SelectField(
        lazy("Whoever comes for the first time becomes"),
        description=lazy("People whom you announced or invited come in whatever you choose here."),
    )
    domains = TextAreaField(
        lazy("Domains of its people’s addresses"),
        [Optional(), short(2000)],
        description=lazy(
            "One a line, such as region-nord.fr: the sign-in page finds the provider by them, and newcomers must have an address there."
        ),
        render_kw=PLAIN | {"rows": "3"},
    )
    levels = StringField(
        lazy("Level of assurance asked for (acr)"),
        [Optional(), short()],
        description=lazy(
            "Only where the provider has such levels. Several with spaces between: one of them is enough."
        ),
        render_kw=PLAIN,
    )
    replaces_id = SelectField(
        lazy("It takes over from"),
        coerce=int,
        description=lazy(
            "Whoever was tied to that provider is known here where both give the same confirmed address."
        ),
    )

    def __init__(
        self,
        profile: Profile,
        units: Sequence[tuple[int, str]],
        others: Sequence[tuple[int, str]],
        provider: IdentityProvider | None = None,
        kept_letters: int = 0,
        **more: Any,
    ) -> None:
        super().__init__(**more)
        self.profile, self.provider = profile, provider
        self.kept_letters = kept_letters  #: of the secret that is sealed
        self.organisation_id.choices = choices(units)
        nobody = ("", _("nobody: only people who were announced or invited come in"))
        self.default_role.choices = choices(
            [nobody, *((role.value, role_name(role)) for role in profile.roles)]
        )
        self.replaces_id.choices = choices([(0, _("no other provider")), *others])
        self.of_the_kind(profile)

    def of_the_kind(self, profile: Profile) -> None:
        """What this kind needs, and nothing else."""
        if profile.must_name_a_level and len(profile.levels) == 1:
            del self.levels

    def validate_domains(self, _field: Field) -> None:
        """Domains, and none where anybody may have an address."""
        for one in self._domains():
            if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)+", one):
                raise ValidationError(
                    _(
                        "“%(said)s” is no domain. Write the part after the @, such as region-nord.fr.",
                        said=one,
                    )
                )
            if one in _OF_EVERYBODY:
                raise ValidationError(
                    _(
                        "Anybody may have an address at %(domain)s: it says nothing of your organisation.",
                        domain=one,
                    )
                )

    def _domains(self) -> list[str]:
        return [
            one.removeprefix("@") for one in re.split(r"[\s,;]+", (self.domains.data or "").casefold()) if one
        ]

    def said(self, name: str) -> str:
        """What was typed in this field; empty where this kind does not ask for it."""
        return str(self[name].data or "").strip() if name in self else ""

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, as services take it."""
        ours = {name: self.said(f"claim_{name}") for name in FIELDS}
        only = self.profile.levels[0][0] if self.profile.must_name_a_level else ""
        return {
            "name": " ".join(self.said("name").split()),
            "organisation_id": self.organisation_id.data,
            "default_role": Role(self.default_role.data) if self.default_role.data else None,
            "domains": self._domains(),
            "levels": " ".join(self.said("levels").split()) or only,
            "replaces_id": self.replaces_id.data or None,
            "claims": {name: path for name, path in ours.items() if path},
            "options": {
                one.name: self.said(f"option_{one.name}").rstrip("/") for one in self.profile.options
            },
        }


def choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    """Values and their labels, as a list to choose from."""
    return [SelectChoice(value, label) for value, label in pairs]
