"""Passkeys of an account: added, named, taken away, used."""

from sqlalchemy import delete, select, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.people import queries
from lms.people.models import Passkey, SignIn
from lms.people.passkeys import Made, Signed
from lms.people.services import notices

MOST = 20  #: passkeys of one account


class KnownAlready(Refused):
    """A device made this passkey before."""


class TooManyKeys(Refused):
    """Nobody has so many devices."""


class AnsweredAlready(Refused):
    """The same answer opens no second session."""


def add_key(account_id: int, made: Made, name: str) -> Passkey:
    """Keep a passkey that its device has just made. Raises ``KnownAlready``, ``TooManyKeys``."""
    if queries.passkey_by_credential(made.credential) is not None:
        raise KnownAlready(_("This passkey is known already"), _("Look for it on your account's page."))
    if len(queries.passkeys_of(account_id)) >= MOST:
        raise TooManyKeys(_("You have %(n)s passkeys", n=MOST), _("Take one away that you no longer use."))
    key = Passkey(
        account_id=account_id,
        credential=made.credential,
        public_key=made.public_key,
        sign_count=made.sign_count,
        name=name,
    )
    session.add(key)
    journal.note("passkey-added", journal.Oneself(account_id), account=account_id)
    notices.tell(account_id, "passkey-added", subject=name)
    return key


def name_key(key: Passkey, name: str) -> None:
    """Call it something else."""
    key.name = name


def remove_key(key: Passkey) -> None:
    """It opens nothing any more; the device may still offer it."""
    session.execute(delete(Passkey).where(Passkey.id == key.id))
    journal.note("passkey-removed", journal.Oneself(key.account_id), account=key.account_id)
    notices.tell(key.account_id, "passkey-removed", subject=key.name)


def note_use(signed: Signed) -> None:
    """Write down that a passkey signed, in the transaction that opens the session. Raises ``AnsweredAlready``.

    The row is taken first, so that of two who send the same answer together the second finds the first one's session.
    """
    using = update(Passkey).where(Passkey.credential == signed.credential)
    session.execute(using.values(sign_count=signed.sign_count, used_at=now()))
    spent = select(SignIn.id).where(SignIn.challenge_hash == signed.challenge_hash)
    if session.execute(spent).first() is not None:
        raise AnsweredAlready(_("This sign-in was used already"), _("Try again from the sign-in page."))
