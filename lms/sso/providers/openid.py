"""Any provider that keeps to the standard: Microsoft Entra, Google Workspace, Keycloak and their like."""

from lms.core.i18n import lazy
from lms.sso.profile import Client, Journey, Profile


class OpenId(Profile):
    """OpenID Connect as it is written."""

    name = "openid"
    label = lazy("OpenID Connect (Microsoft Entra, Google, Keycloak…)")
    about = lazy(
        "For the accounts that your organisation already has. Whoever runs them registers this platform as an application and gives you its number and its secret."
    )
    needs_secret = False
    two_factors = ("mfa",)
    may_be_directory = True

    def asks(self, client: Client, _journey: Journey) -> dict[str, str]:
        return {"acr_values": " ".join(client.levels)} if client.levels else {}
