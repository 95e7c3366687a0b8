"""What an administrator types about a provider. Each kind asks only for what it needs."""

import re
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, PasswordField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.organisations.models import Role
from lms.organisations.roles import role_name
from lms.sso.directory import PASSING
from lms.sso.models import IdentityProvider
from lms.sso.oidc.published import is_encrypted
from lms.sso.profile import FIELDS, Profile
from lms.sso.vouching import ALONE

_PLAIN = {"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}
_SHORTEST_SECRET = 32  #: characters that HS256 needs, or whoever sees one token can guess it
#: Anybody may have an address there: it says nothing of an organisation.
_OF_EVERYBODY = {
    "gmail.com", "googlemail.com", "outlook.com", "outlook.fr", "hotmail.com", "hotmail.fr", "live.com", "live.fr", "msn.com",
    "yahoo.com", "yahoo.fr", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "proton.me", "protonmail.com", "gmx.com",
    "gmx.fr", "orange.fr", "wanadoo.fr", "free.fr", "sfr.fr", "neuf.fr", "bbox.fr", "laposte.net", "numericable.fr",
}  # fmt: skip


def _short(most: int = 300) -> Length:
    return Length(max=most, message=lazy("This is too long."))


class WhoForm(FlaskForm):
    """Whose provider somebody is looking for."""

    who = StringField(
        lazy("Your work e-mail address, or the short name of your organisation"),
        [
            InputRequired(lazy("Write your work e-mail address, or the short name of your organisation.")),
            _short(200),
        ],
        description=lazy("For example: camille.roux@region-nord.fr, or region-nord."),
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )


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
        [_short(200)],
        description=lazy(
            "As it stands in the signed token; several with spaces between. “Try it” shows what came back."
        ),
        render_kw=_PLAIN,
    )
    is_directory = BooleanField(
        lazy("This provider and the directory (SCIM) of the organisation are one"),
        description=lazy(
            "Whoever the directory announced then comes in as that person, by a number that both know; never by an address."
        ),
    )
    number_claim = StringField(
        lazy("Claim that holds the directory’s number (externalId)"),
        [_short(100)],
        description=lazy(
            "Most often sub. With Microsoft Entra: oid, where externalId is mapped to objectId."
        ),
        render_kw=_PLAIN,
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


class ProviderForm(FlaskForm):
    """A provider, as its administrator copies it from over there."""

    name = StringField(
        lazy("Name on the button"),
        [InputRequired(lazy("Write the name that people know it by.")), _short(60)],
        description=lazy("People read: “Sign in with …”"),
    )
    organisation_id = SelectField(lazy("For the people of"), coerce=int)
    issuer = StringField(
        lazy("Address of the provider (issuer)"),
        [InputRequired(lazy("Write the address of the provider.")), _short()],
        render_kw=_PLAIN | {"inputmode": "url"},
    )
    client_id = StringField(
        lazy("Number of this platform over there (client ID)"),
        [InputRequired(lazy("Copy the number that the provider gave to this platform.")), _short()],
        render_kw=_PLAIN,
    )
    secret = PasswordField(
        lazy("Secret (client secret)"),
        [_short(1000)],
        render_kw={"autocomplete": "new-password", "spellcheck": "false"},
    )
    default_role = SelectField(
        lazy("Whoever comes for the first time becomes"),
        description=lazy("People whom you announced or invited come in whatever you choose here."),
    )
    domains = TextAreaField(
        lazy("Domains of its people’s addresses"),
        [Optional(), _short(2000)],
        description=lazy(
            "One a line, such as region-nord.fr: the sign-in page finds the provider by them, and newcomers must have an address there."
        ),
        render_kw=_PLAIN | {"rows": "3"},
    )
    levels = StringField(
        lazy("Level of assurance asked for (acr)"),
        [Optional(), _short()],
        description=lazy(
            "Only where the provider has such levels. Several with spaces between: one of them is enough."
        ),
        render_kw=_PLAIN,
    )
    algorithm = SelectField(
        lazy("Signature of its tokens"),
        description=lazy(
            "Only where one was agreed. HS256 uses the secret; choose it only if the provider knows no other."
        ),
    )
    scopes = StringField(
        lazy("Scopes"),
        [InputRequired(lazy("Write at least openid.")), _short()],
        render_kw=_PLAIN,
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
        self.organisation_id.choices = _choices(units)
        nobody = ("", _("nobody: only people who were announced or invited come in"))
        self.default_role.choices = _choices(
            [nobody, *((role.value, role_name(role)) for role in profile.roles)]
        )
        self.replaces_id.choices = _choices([(0, _("no other provider")), *others])
        self._of_the_kind(profile)

    def _of_the_kind(self, profile: Profile) -> None:
        """What this kind needs, and nothing else."""
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
        self.algorithm.choices = _choices([usual, *((one, one) for one in profile.signatures)])
        if len(profile.signatures) < 2:
            del self.algorithm
        if profile.must_name_a_level and len(profile.levels) == 1:
            del self.levels

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
            self._said("algorithm") == "HS256"
            and (len(field.data or "") or self.kept_letters) < _SHORTEST_SECRET
        ):
            raise ValidationError(
                _("Tokens signed with so short a secret could be forged: ask for RS256 or ES256 over there.")
            )

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

    def validate_scopes(self, field: Field) -> None:
        """OpenID Connect begins with openid."""
        if "openid" not in (field.data or "").split():
            raise ValidationError(_("The scope openid must be among them."))

    def _domains(self) -> list[str]:
        return [
            one.removeprefix("@") for one in re.split(r"[\s,;]+", (self.domains.data or "").casefold()) if one
        ]

    def _said(self, name: str) -> str:
        return str(self[name].data or "").strip() if name in self else ""

    @property
    def typed(self) -> dict[str, Any]:
        """What was typed, as services take it."""
        ours = {name: self._said(f"claim_{name}") for name in FIELDS}
        only = self.profile.levels[0][0] if self.profile.must_name_a_level else ""
        return {
            "name": " ".join(self._said("name").split()),
            "organisation_id": self.organisation_id.data,
            "issuer": self._said("issuer").rstrip("/"),
            "client_id": self._said("client_id"),
            "secret": self._said("secret"),
            "default_role": Role(self.default_role.data) if self.default_role.data else None,
            "domains": self._domains(),
            "levels": " ".join(self._said("levels").split()) or only,
            "algorithm": self._said("algorithm"),
            "scopes": " ".join(self._said("scopes").split()),
            "replaces_id": self.replaces_id.data or None,
            "claims": {name: path for name, path in ours.items() if path},
            "options": {
                one.name: self._said(f"option_{one.name}").rstrip("/") for one in self.profile.options
            },
        }


def form_for(
    profile: Profile,
    units: Sequence[tuple[int, str]],
    others: Sequence[tuple[int, str]],
    provider: IdentityProvider | None = None,
    domains: Sequence[str] = (),
    *,
    kept_letters: int = 0,
    is_sent: bool = True,
) -> ProviderForm:
    """The form of this kind: empty with what is usual, or filled with what a provider has. ``is_sent``: read the request."""
    more: dict[str, Any] = {}
    for one in profile.options:
        more[f"option_{one.name}"] = StringField(
            one.label, [_short()], description=one.help, render_kw=_PLAIN
        )
    for name, label in FIELDS.items():
        usual = ", ".join(profile.claims.get(name, ()))
        more[f"claim_{name}"] = StringField(
            label, [Optional(), _short(100)], render_kw=_PLAIN | ({"placeholder": usual} if usual else {})
        )
    if profile.levels:
        none = [] if profile.must_name_a_level else [("", lazy("none in particular"))]
        more["levels"] = SelectField(
            lazy("Level of assurance asked for (acr)"), choices=_choices([*none, *profile.levels])
        )
    kind: type[ProviderForm] = type("FormOfTheKind", (ProviderForm,), more)
    filled: dict[str, Any] = {}
    if not is_sent:
        filled = {"formdata": None, "data": _values(profile, provider, domains)}
    return kind(profile, units, others, provider, kept_letters, **filled)


def _choices(pairs: Iterable[tuple[Any, Any]]) -> list[SelectChoice]:
    return [SelectChoice(value, label) for value, label in pairs]


def _values(profile: Profile, provider: IdentityProvider | None, domains: Sequence[str]) -> dict[str, Any]:
    if provider is None:
        usual = {f"option_{one.name}": one.default for one in profile.options}
        address = profile.addresses[-1][1] if len(profile.addresses) == 1 else ""
        name = "" if profile.name == "openid" else str(profile.label)
        return {"scopes": profile.scopes, "issuer": address, "name": name, **usual}
    plain = ("name", "organisation_id", "issuer", "client_id", "levels", "algorithm", "scopes")
    values = {name: getattr(provider, name) for name in plain}
    values |= {f"claim_{name}": path for name, path in provider.claims.items()}
    values |= {f"option_{name}": said for name, said in provider.options.items()}
    role = provider.default_role.value if provider.default_role else ""
    return values | {
        "default_role": role,
        "replaces_id": provider.replaces_id or 0,
        "domains": "\n".join(domains),
    }
