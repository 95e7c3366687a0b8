"""ProConnect (once AgentConnect): public agents, by the account of their own administration."""

import json
from collections.abc import Mapping
from typing import Any

from lms.core.i18n import lazy
from lms.sso.profile import Client, Journey, Profile, text_of

#: What "two factors" may be called over there.
_TWO_FACTORS = ("eidas0-mfa", "eidas1-mfa", "eidas2", "eidas3")


class ProConnect(Profile):
    """Any parameter besides its own is answered by ``Y000400``: neither PKCE nor acr_values may be sent."""

    name = "pro-connect"
    label = lazy("ProConnect")
    about = lazy(
        "For public agents. A private organisation may offer it to public agents only: ProConnect refuses people of the private sector. Keep another way in for them."
    )
    addresses = (
        (lazy("to try"), "https://fca.integ01.dev-agentconnect.fr/api/v2"),
        (lazy("for real"), "https://auth.agentconnect.gouv.fr/api/v2"),
        (lazy("for real, on the State’s own network"), "https://auth.agentconnect.rie.gouv.fr/api/v2"),
    )
    scopes = "openid given_name usual_name email uid siret idp_id organization_label"
    uses_pkce = False
    auth_methods = ("client_secret_post",)
    algorithms = ("RS256", "ES256")
    levels = (("mfa", lazy("Two factors, or better")),)
    claims = {
        "first_name": ("given_name",),
        "last_name": ("usual_name", "family_name"),
        "email": ("email",),
        "phone": ("phone_number",),
        "unit": ("custom.structureTravail", "siret"),
    }
    two_factors = _TWO_FACTORS
    asks_for_belonging = True
    confirms_addresses = True
    names_us_at_the_end = False
    troubles = {
        "Y500015": (
            lazy("ProConnect refuses this person: they do not work for a public body."),
            lazy("People of the private sector sign in by another provider, or by a password."),
        ),
        "Y030031": (
            lazy("ProConnect does not know the address to which we bring people back."),
            lazy("Declare the address of return shown on this page, to the letter."),
        ),
        "Y030111": (
            lazy("ProConnect does not know the address to which people come after signing out."),
            lazy("Declare the address after signing out shown on this page, to the letter."),
        ),
        "Y04A586": (
            lazy("ProConnect does not know this service, or not with these settings."),
            lazy("Compare the number and the environment (to try, for real) with those you were given."),
        ),
        "Y000400": (
            lazy("ProConnect did not understand what it was asked."),
            lazy("Compare the scopes here with those that you were granted."),
        ),
        "login_required": (
            lazy("Nobody is signed in over there."),
            lazy("Start again from the sign-in page."),
        ),
    }

    def asks(self, client: Client, _journey: Journey) -> dict[str, str]:
        wanted: dict[str, Any] = {"amr": {"essential": True}}
        if levels := self.accepted(client):
            wanted["acr"] = {"essential": True, "values": list(levels)}
        return {"claims": json.dumps({"id_token": wanted}, separators=(",", ":"))}

    def accepted(self, client: Client) -> tuple[str, ...]:
        return _TWO_FACTORS if client.levels else ()

    def said(self, claims: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
        found = super().said(claims, ours)
        if text_of(claims, "custom.structureTravail") == found["unit"]:
            found["unit"] = (
                found["unit"].rjust(5, "0") if found["unit"] else ""
            )  # SAFIR, of which some drop the zero
        return found
