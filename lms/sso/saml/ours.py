"""We, as providers know us: our own metadata, and the library's client for one of them."""

from typing import Any

from lms.sso.profile import Client
from lms.sso.saml import program

SKEW = 60  #: seconds by which their clock may differ from ours
PERSISTENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"


def metadata(client: Client) -> bytes:
    """What a provider reads of us: who we are, and where it brings people back to."""
    from saml2.metadata import entity_descriptor

    return str(entity_descriptor(_settings(client))).encode()


def talking_to(client: Client, discovered: dict[str, Any]) -> Any:
    """The library's client (``saml2.client.Saml2Client``) for this provider. Raises ``ProviderAway`` without xmlsec1."""
    from saml2.client import Saml2Client

    known = {"xmlsec_binary": program.path(), "metadata": {"inline": [_provider(discovered)]}}
    return Saml2Client(config=_settings(client, **known))


def name_formats(client: Client) -> tuple[str, ...]:
    """What names of people we ask for: one that never changes; none in particular where an attribute holds the number."""
    return () if client.options.get("subject") else (PERSISTENT,)


def _settings(client: Client, **more: Any) -> Any:
    from saml2 import BINDING_HTTP_POST
    from saml2.config import SPConfig

    ours = {
        "endpoints": {"assertion_consumer_service": [(client.callback, BINDING_HTTP_POST)]},
        "allow_unsolicited": False,
        "authn_requests_signed": False,
        "want_assertions_signed": True,
        "want_response_signed": False,
        "name_id_format": list(name_formats(client)),
    }
    said = {
        "entityid": client.client_id, "service": {"sp": ours}, "accepted_time_diff": SKEW, "only_use_keys_in_metadata": True,
        "allow_unknown_attributes": True, **more,
    }  # fmt: skip
    return SPConfig().load(said)


def _provider(discovered: dict[str, Any]) -> str:
    """What we hold of the provider, as its metadata: its name, its address and its certificates, and nothing else of what it wrote."""
    from saml2 import BINDING_HTTP_REDIRECT, md, samlp, xmldsig

    known = discovered["metadata"]
    keys = [
        md.KeyDescriptor(
            use="signing",
            key_info=xmldsig.KeyInfo(
                x509_data=[xmldsig.X509Data(x509_certificate=xmldsig.X509Certificate(text=one))]
            ),
        )
        for one in discovered["certificates"]
    ]
    way_in = md.SingleSignOnService(binding=BINDING_HTTP_REDIRECT, location=known["authorization_endpoint"])
    described = md.IDPSSODescriptor(
        protocol_support_enumeration=samlp.NAMESPACE, key_descriptor=keys, single_sign_on_service=[way_in]
    )
    return str(md.EntityDescriptor(entity_id=known["issuer"], idpsso_descriptor=[described]))
