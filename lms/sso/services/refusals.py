"""Why somebody of whom a provider speaks does not come in; each refusal leaves a line in the journal."""

from typing import Any

from lms.core import journal
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.sso.models import IdentityProvider


class NotInvited(Refused):
    """The provider vouches for somebody whom nobody here expects."""

    status = 403


class KnownHere(Refused):
    """Somebody here has the same address; an address alone never joins two accounts."""

    status = 403


class OtherNumber(Refused):
    """The provider knows somebody with the same address under another number."""

    status = 403


class TooWide(Refused):
    """The account opens more than this provider may vouch for."""

    status = 403


class OtherName(Refused):
    """A certified name is not that of the file."""

    status = 403


def refusal(provider: IdentityProvider, why: str, told: Refused, actor: Any = None) -> Refused:
    """``told``, with its line in the journal: to be raised."""
    journal.note_refusal(
        "sign-on-refused", actor, tenant_id=provider.tenant_id, provider=provider.slug, why=why
    )
    return told


def redacted(email: str) -> str:
    """An address one recognises only if one knows it: ``p…e@e…e.fr``."""
    name, _at, host = email.partition("@")
    site, _dot, end = host.rpartition(".")
    return f"{name[:1]}…{name[-1:]}@{site[:1]}…{site[-1:]}.{end}"


def ask() -> str:
    """What to do: somebody has to decide."""
    return _("Ask the person who gave you this address.")


def as_before() -> str:
    """What to do: the account is there, and its owner ties it."""
    return _(
        "Sign in as you did before, or with the link that was mailed to you; then tie the two on your account’s page."
    )
