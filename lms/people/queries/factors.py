"""What an account has besides its password: an app, recovery codes, passkeys."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from lms.core.db import session
from lms.people.models import Account, Authenticator, Passkey, RecoveryCode


@dataclass(frozen=True, slots=True)
class Factors:
    """With what the owner of an account can prove who they are."""

    has_app: bool
    codes_left: int
    passkeys: int
    has_password: bool
    has_code: bool  #: of an access card

    @property
    def has_second(self) -> bool:
        """Whether there is anything beyond a password or a card."""
        return self.has_app or self.passkeys > 0

    @property
    def has_any(self) -> bool:
        """Whether anything can be asked for here; without, only a new sign-in proves something."""
        return self.has_second or self.has_password or self.has_code


def factors_of(account_id: int) -> Factors:
    """What this account has. One statement."""
    app = select(func.count()).select_from(Authenticator).where(Authenticator.account_id == account_id)
    codes = select(func.count()).select_from(RecoveryCode)
    codes = codes.where(RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
    keys = select(func.count()).select_from(Passkey).where(Passkey.account_id == account_id)
    found = select(
        app.scalar_subquery(),
        codes.scalar_subquery(),
        keys.scalar_subquery(),
        Account.password_hash.is_not(None),
        Account.pin_hash.is_not(None),
    ).where(Account.id == account_id)
    has_app, codes_left, passkeys, password, code = session.execute(found).one()
    return Factors(bool(has_app), codes_left, passkeys, bool(password), bool(code))


def secret_of(account_id: int) -> str | None:
    """The sealed secret of the account's app; None: it has none."""
    return session.scalar(select(Authenticator.sealed_secret).where(Authenticator.account_id == account_id))


def passkeys_of(account_id: int) -> Sequence[Passkey]:
    """The account's passkeys, oldest first."""
    found = select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
    return session.scalars(found.limit(50)).all()


def passkey_by_credential(credential: str) -> Passkey | None:
    """The passkey that a device calls so."""
    return session.scalars(select(Passkey).where(Passkey.credential == credential)).one_or_none()
