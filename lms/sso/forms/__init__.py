"""What an administrator types about a provider. Each kind asks only for what it needs."""

from collections.abc import Sequence
from typing import Any

from wtforms import SelectField, StringField
from wtforms.validators import Optional

from lms.core.i18n import lazy
from lms.sso.forms.finding import WhoForm
from lms.sso.forms.openid import OpenIdForm
from lms.sso.forms.provider import PLAIN, ProviderForm, choices, short
from lms.sso.forms.saml import SamlForm
from lms.sso.forms.trust import TrustForm
from lms.sso.models import IdentityProvider
from lms.sso.profile import FIELDS, Language, Profile

__all__ = ["ProviderForm", "TrustForm", "WhoForm", "form_for"]
_FORMS: dict[Language, type[ProviderForm]] = {Language.OPENID: OpenIdForm, Language.SAML: SamlForm}


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
        more[f"option_{one.name}"] = StringField(one.label, [short()], description=one.help, render_kw=PLAIN)
    for name, label in FIELDS.items():
        usual = ", ".join(profile.claims.get(name, ())[:3])
        more[f"claim_{name}"] = StringField(
            label, [Optional(), short(100)], render_kw=PLAIN | ({"placeholder": usual} if usual else {})
        )
    if profile.levels:
        none = [] if profile.must_name_a_level else [("", lazy("none in particular"))]
        more["levels"] = SelectField(
            lazy("Level of assurance asked for (acr)"), choices=choices([*none, *profile.levels])
        )
    kind: type[ProviderForm] = type("FormOfTheKind", (_FORMS[profile.language],), more)
    filled: dict[str, Any] = {}
    if not is_sent:
        filled = {"formdata": None, "data": _values(profile, provider, domains)}
    return kind(profile, units, others, provider, kept_letters, **filled)


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
