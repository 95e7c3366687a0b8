"""FranceConnect+: the same citizens, better proved; what it says is encrypted for a key of ours."""

from lms.core.i18n import lazy
from lms.sso.providers.france_connect import FranceConnect


class FranceConnectPlus(FranceConnect):
    """Substantial and high assurance (eIDAS 2 and 3)."""

    name = "france-connect-plus"
    label = lazy("FranceConnect+")
    about = lazy(
        "For citizens whose identity must be beyond doubt. Few have such an account: offer it beside another way in. Register the address of our keys, with ECDH-ES and A256GCM."
    )
    addresses = (
        (lazy("to try"), "https://auth.integ01.dev-franceconnect.fr/api/v2"),
        (lazy("for real"), "https://auth.franceconnect.gouv.fr/api/v2"),
    )
    algorithms = ("ES256",)
    levels = (
        ("eidas2", lazy("eIDAS substantial (eidas2)")),
        ("eidas3", lazy("eIDAS high (eidas3)")),
    )
    encrypts = True
