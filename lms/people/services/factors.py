"""The second factor of an account: an app that shows codes, and recovery codes for the day it is lost."""

import logging

from sqlalchemy import delete, update

from lms.core import journal
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.core.sealing import Unsealable, seal, unseal
from lms.people import authenticator, queries
from lms.people.models import Authenticator, Passkey, RecoveryCode
from lms.people.services import accounts, notices

log = logging.getLogger("lms")


class HasOneAlready(Refused):
    """An account has one app: a second secret would only be one more to steal."""


class OpensElsewhere(Refused):
    """One customer must not weaken an account that leads to another one's people."""

    status = 403


def turn_on(account_id: int, secret: str, typed: str) -> list[str] | None:
    """Tie the app that shows this code to the account; the recovery codes, which are shown once. None: the code is wrong.

    Raises ``HasOneAlready``.
    """
    if queries.secret_of(account_id) is not None:
        raise HasOneAlready(_("An app is already tied to your account"), _("Take it away first."))
    step = authenticator.step_of(secret, typed, now())
    if step is None:
        return None
    session.add(Authenticator(account_id=account_id, sealed_secret=seal(secret), last_step=step))
    journal.note("second-factor-added", journal.Oneself(account_id), account=account_id)
    notices.tell(account_id, "app-added")
    return new_codes(account_id)


def turn_off(account_id: int) -> None:
    """Untie the app, and forget its recovery codes."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    session.execute(delete(Authenticator).where(Authenticator.account_id == account_id))
    journal.note("second-factor-removed", journal.Oneself(account_id), account=account_id)
    notices.tell(account_id, "app-removed")


def new_codes(account_id: int) -> list[str]:
    """Recovery codes as they are printed; earlier ones open nothing any more."""
    session.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
    drawn = authenticator.draw_codes()
    session.add_all(
        RecoveryCode(account_id=account_id, code_hash=authenticator.code_hash(account_id, one))
        for one in drawn
    )
    journal.note("recovery-codes-made", journal.Oneself(account_id), account=account_id)
    return drawn


def spend(account_id: int, typed: str) -> bool:
    """Whether this is the code of the app, or a recovery code; either is taken once, however many send it together."""
    sealed = queries.secret_of(account_id)
    if sealed is None:
        return False
    step = _step(sealed, typed)
    if step is None:
        return _spend_recovery(account_id, typed)
    own = Authenticator.account_id == account_id, Authenticator.last_step < step
    taken = update(Authenticator).where(*own).values(last_step=step).returning(Authenticator.id)
    return session.execute(taken).first() is not None


def forget_all(account_id: int, actor: object, *, even_elsewhere: bool = False) -> None:
    """For somebody who lost telephone and codes: app, codes, passkeys and sessions end; what they owe they set up anew.

    ``even_elsewhere``: of an account that opens files with other customers, too. Raises ``OpensElsewhere``.
    """
    if not even_elsewhere and len(queries.tenants_of_account(account_id)) > 1:
        raise OpensElsewhere(
            _("This account also opens a file with another organisation"),
            _("Only whoever runs this installation can take its app away."),
        )
    for table in (RecoveryCode, Authenticator, Passkey):
        session.execute(delete(table).where(table.account_id == account_id))
    accounts.end_sessions(account_id)
    journal.note("second-factor-taken-away", actor, account=account_id)
    notices.tell(account_id, "factors-taken-away")


def _step(sealed: str, typed: str) -> int | None:
    """The half minute of this code; None also where the installation's key is another one since: then no code is right."""
    try:
        return authenticator.step_of(unseal(sealed), typed, now())
    except Unsealable:
        log.warning("the secret of an authenticator was sealed with another key")
        return None


def _spend_recovery(account_id: int, typed: str) -> bool:
    mark = authenticator.code_hash(account_id, typed)
    own = RecoveryCode.code_hash == mark, RecoveryCode.used_at.is_(None)
    taken = update(RecoveryCode).where(*own).values(used_at=now()).returning(RecoveryCode.id)
    if session.execute(taken).first() is None:
        return False
    journal.note("recovery-code-used", journal.Oneself(account_id), account=account_id)
    return True
