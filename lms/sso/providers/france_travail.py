"""France Travail Connect: job seekers, by the account they have with the employment agency."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lms.core.i18n import lazy
from lms.organisations.models import Role
from lms.sso.profile import Client, Metadata, Option, Profile, Userinfo, joined, spelled

_REALM = {"realm": "/individu"}


class FranceTravail(Profile):
    """It publishes no addresses of its own; the realm stands in the address of each question, never in its body."""

    name = "france-travail"
    label = lazy("France Travail Connect")
    about = lazy(
        "For job seekers. Register the service on francetravail.io, with the address of return shown on the next page. The e-mail comes only once the person has confirmed it there."
    )
    addresses = (
        (
            lazy("for real"),
            "https://authentification-candidat.francetravail.fr/connexion/oauth2/realms/root/realms/individu",
        ),
    )
    scopes = "openid profile email api_peconnect-individuv1"
    auth_methods = ("client_secret_post",)
    userinfo = Userinfo.PLAIN
    options = (
        Option(
            "api",
            lazy("Address of their API"),
            "https://api.francetravail.io/partenaire",
            lazy("Who somebody is, is asked there and not where they sign in."),
        ),
    )
    claims = {"first_name": ("given_name",), "last_name": ("family_name",), "email": ("email",)}
    is_for_learners = True
    confirms_addresses = True
    roles = (Role.LEARNER,)

    def metadata(self, client: Client) -> Metadata:
        place = urlsplit(client.issuer)
        home = f"{place.scheme}://{place.netloc}"
        api = (client.options.get("api") or self.options[0].default).rstrip("/")
        return {
            "issuer": client.issuer,
            "authorization_endpoint": joined(f"{home}/connexion/oauth2/authorize", _REALM),
            "token_endpoint": joined(f"{home}/connexion/oauth2/access_token", _REALM),
            "jwks_uri": f"{client.issuer.rstrip('/')}/connect/jwk_uri",
            "userinfo_endpoint": f"{api}/peconnect-individu/v1/userinfo",
            "end_session_endpoint": f"{home}/compte/deconnexion",
        }

    def said(self, claims: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
        found = super().said(claims, ours)
        first = found["first_name"].partition(" ")[0]  # "Angela Claire Louise" are three first names
        return found | {"first_name": spelled(first), "last_name": spelled(found["last_name"])}

    def way_out(self, metadata: Metadata, _client: Client, hint: str, _state: str, back: str) -> str:
        return joined(str(metadata["end_session_endpoint"]), {"id_token_hint": hint, "redirect_uri": back})
