"""FranceConnect (version 2): citizens, by an account that they have with the State, the health insurance, the post."""

from collections.abc import Mapping
from typing import Any, ClassVar

from lms.core.i18n import lazy
from lms.organisations.models import Role
from lms.sso.profile import Client, Journey, Profile, Userinfo, spelled

_LATER = lazy("Try again in a few minutes.")


class FranceConnect(Profile):
    """It refuses every parameter that it does not know, PKCE's among them, and says who somebody is in a signed token."""

    name = "france-connect"
    label = lazy("FranceConnect")
    about = lazy(
        "For citizens. The service must be entitled to it: ask for it on partenaires.franceconnect.gouv.fr. It never replaces the card or the password."
    )
    addresses = (
        (lazy("to try"), "https://fcp-low.integ01.dev-franceconnect.fr/api/v2"),
        (lazy("for real"), "https://oidc.franceconnect.gouv.fr/api/v2"),
    )
    scopes = "openid given_name family_name preferred_username birthdate email"
    uses_pkce = False
    auth_methods = ("client_secret_post",)
    algorithms: ClassVar[tuple[str, ...]] = ("ES256", "RS256")
    may_share_secret = False
    must_name_a_level = True
    levels: ClassVar[tuple[tuple[str, Any], ...]] = (("eidas1", lazy("eIDAS low (eidas1)")),)
    userinfo = Userinfo.SIGNED
    claims = {
        "first_name": ("given_name_array", "given_name"),
        "last_name": ("preferred_username", "family_name"),
        "email": ("email",),
        "birth_date": ("birthdate",),
    }
    certified = ("first_name", "last_name", "birth_date")
    is_for_learners = True
    roles = (Role.LEARNER,)
    names_us_at_the_end = False  # it knows no such parameter there
    troubles = {
        "invalid_scope": (
            lazy("FranceConnect does not give this service all that it asks for."),
            lazy("Compare the scopes here with those of the entitlement."),
        ),
        "server_error": (lazy("FranceConnect reports a fault of its own."), _LATER),
        "temporarily_unavailable": (lazy("FranceConnect is resting."), _LATER),
    }

    def asks(self, client: Client, _journey: Journey) -> dict[str, str]:
        return {"acr_values": " ".join(client.levels or self._lowest)}

    def accepted(self, client: Client) -> tuple[str, ...]:
        """What was asked for, or more."""
        ranked = [value for value, _label in self.levels]
        asked = [level for level in client.levels if level in ranked] or list(self._lowest)
        return tuple(ranked[min(map(ranked.index, asked)) :])

    def said(self, claims: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
        found = super().said(claims, ours)
        if "given_name_array" not in claims:  # "Angela Claire Louise" are three first names
            found["first_name"] = found["first_name"].partition(" ")[0]
        return found | {"last_name": spelled(found["last_name"]), "first_name": spelled(found["first_name"])}

    @property
    def _lowest(self) -> tuple[str, ...]:
        return (self.levels[0][0],)
