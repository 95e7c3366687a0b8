"""Any provider that speaks SAML 2.0: ADFS, Shibboleth, Entra, Okta, Keycloak and their like."""

from collections.abc import Mapping
from typing import Any

from lms.core.i18n import lazy
from lms.sso.profile import FIELDS, Language, Option, Profile, plain

_WS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims"


class Saml(Profile):
    """SAML 2.0, web browser profile: a request by redirect, a signed assertion by POST."""

    name = "saml"
    label = lazy("SAML 2.0 (ADFS, Shibboleth, Entra, Okta…)")
    about = lazy(
        "For accounts whose provider speaks SAML. You give its metadata here, and the metadata of this platform over there. Where it speaks OpenID Connect too, choose that: it is quicker to set up."
    )
    language = Language.SAML
    scopes = ""
    uses_pkce = False
    needs_secret = False
    auth_methods = ()
    algorithms = ()
    may_share_secret = False
    options = (
        Option(
            "address",
            lazy("Address of its metadata"),
            "",
            lazy(
                "It is read again by itself, so that new certificates are known in time. Leave it empty where you give a file."
            ),
        ),
        Option(
            "entity",
            lazy("Name of the provider (entity ID)"),
            "",
            lazy("Only where its metadata describes several."),
        ),
        Option(
            "subject",
            lazy("Attribute that holds the number of people"),
            "",
            lazy(
                "Only where the provider sends no persistent NameID. It must never change, nor pass to somebody else: never an e-mail address."
            ),
        ),
    )
    claims = {
        "first_name": ("givenName", "urn:oid:2.5.4.42", f"{_WS}/givenname", "firstName", "first_name"),
        "last_name": ("sn", "urn:oid:2.5.4.4", f"{_WS}/surname", "surname", "lastName", "last_name"),
        "email": (
            "mail",
            "urn:oid:0.9.2342.19200300.100.1.3",
            f"{_WS}/emailaddress",
            "email",
            "emailAddress",
        ),
        "phone": ("telephoneNumber", "urn:oid:2.5.4.20", "mobile"),
        "hr_number": ("employeeNumber", "urn:oid:2.16.840.1.113730.3.1.3"),
    }

    def said(self, claims: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, str]:
        """By the names of attributes, which have dots and slashes of their own."""
        found = {}
        for field in FIELDS:
            names = (str(ours[field]),) if ours.get(field) else self.claims.get(field, ())
            found[field] = next((text for name in names if (text := _first(claims, name))), "")
        return found


def _first(claims: Mapping[str, Any], name: str) -> str:
    values = claims.get(name)
    return plain(values[0]) if isinstance(values, list) and values else ""
