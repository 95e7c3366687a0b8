"""Accounts (how somebody signs in, no tenant) and persons (somebody known to one tenant)."""

import enum
from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.core.clock import Instant, now
from lms.core.db import BigId, Model, Owned, link, owned, words
from lms.core.i18n import sort_key

MADE_UP = "k-"  #: how logins begin that were drawn by chance


class Situation(enum.StrEnum):
    """What a learner does for a living, or instead of one: the categories of the yearly return to the State."""

    JOB_SEEKER = "job-seeker"
    EMPLOYEE = "employee"
    APPRENTICE = "apprentice"
    SELF_EMPLOYED = "self-employed"
    OTHER = "other"


class Account(Model):
    """How somebody signs in. It holds no fact about a life, and no tenant: one account may open several persons."""

    __tablename__ = "account"
    __table_args__ = (Index("ix_account_email", "email"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: What is typed to sign in, in lower case; people with a card may have a made-up one.
    login: Mapped[str] = mapped_column(unique=True)
    #: Argon2id; None: no password (a card, or a partner's sign-on).
    password_hash: Mapped[str | None]
    #: Argon2id of the 6-digit code used with the card's number; None: not chosen yet.
    pin_hash: Mapped[str | None]
    #: Where the link for a forgotten password goes; None: nowhere.
    email: Mapped[str | None]
    language: Mapped[str] = mapped_column(default="fr")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Since when nobody may sign in by it.
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)

    @property
    def has_made_up_login(self) -> bool:
        """Whether the login was drawn by chance: nobody knows it, a card or a link opens the account."""
        return self.login.startswith(MADE_UP)


class Person(Owned, Model):
    """Somebody known to one tenant. The account may be missing: not yet activated."""

    __tablename__ = "person"
    __table_args__ = owned(
        UniqueConstraint("tenant_id", "agency_identifier"),
        UniqueConstraint("tenant_id", "hr_number"),
        UniqueConstraint("tenant_id", "account_id"),
        link("merged_into_id", "person"),
        Index("ix_person_tenant_id_merged_into_id", "tenant_id", "merged_into_id"),
        Index("ix_person_account_id", "account_id"),
        Index(
            "ix_person_tenant_id_sort_name", "tenant_id", "sort_name", "id", unique=True
        ),  # memberships point at it
        Index("ix_person_tenant_id_email", "tenant_id", "email"),
        Index("ix_person_email", "email"),
    )

    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    first_name: Mapped[str]
    last_name: Mapped[str]
    #: ``benali nadia``: last then first name without accents or case; lists are sorted and searched by it.
    sort_name: Mapped[str]
    #: In lower case. Two persons may share one: a couple, a family.
    email: Mapped[str | None]
    #: Digits only, with ``+`` and the country where it was given.
    phone: Mapped[str | None]
    birth_date: Mapped[date | None]
    postcode: Mapped[str | None]
    #: The employment agency's number of this job seeker.
    agency_identifier: Mapped[str | None]
    #: The employer's number of this member of staff.
    hr_number: Mapped[str | None]
    #: Who certified the name that is written here (FranceConnect): nobody corrects it; None: nobody did.
    certified_by: Mapped[str | None]
    situation: Mapped[Situation] = mapped_column(words(Situation), default=Situation.OTHER)
    language: Mapped[str] = mapped_column(default="fr")
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: Since when they are in no list, and may sign in here no more. What they did is still there.
    archived_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Since when they may not sign in here; they stay in the lists.
    suspended_at: Mapped[datetime | None] = mapped_column(Instant)
    #: The person who has all that this one had: the same human, known twice.
    merged_into_id: Mapped[int | None] = mapped_column(BigId)

    @property
    def is_open(self) -> bool:
        """Whether they may sign in here: neither suspended nor archived."""
        return self.suspended_at is None and self.archived_at is None

    @property
    def name(self) -> str:
        """First and last name, as one says them."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def telephone(self) -> str:
        """The telephone number in pairs, as it is dictated: ``06 39 98 12 34``; others as they are."""
        digits = self.phone or ""
        if len(digits) != 10 or not digits.isdigit():
            return digits
        return "\u00a0".join(digits[n : n + 2] for n in range(0, 10, 2))

    @property
    def initials(self) -> str:
        """``N. B.``: what a public page may show."""
        return " ".join(f"{part[0].upper()}." for part in (self.first_name, self.last_name) if part)


def sorted_as(first_name: str, last_name: str) -> str:
    """The ``sort_name`` of these names."""
    return sort_key(f"{last_name} {first_name}")


class AccessCard(Model):
    """A printed card: its six words (or its QR code) open the account once, then its number is used with a code."""

    __tablename__ = "access_card"
    __table_args__ = (Index("ix_access_card_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Eight digits, printed in two groups; what is typed with the 6-digit code.
    number: Mapped[str] = mapped_column(unique=True)
    #: Keyed fingerprint of the six words, by which the card is found.
    words_hash: Mapped[str] = mapped_column(unique=True)
    #: The words, sealed, as long as the card may be printed again: gone once it was used.
    sealed_words: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When its words opened the account; they never do so twice.
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Lost, or replaced by a new card.
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class SignIn(Model):
    """One browser in which somebody is signed in, until it ends or is ended."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Fingerprint of the random token in the cookie.
    token_hash: Mapped[str] = mapped_column(unique=True)
    #: password, card, code, passkey, invitation, sso.
    method: Mapped[str]
    #: Whether the person said that others use this computer.
    is_shared: Mapped[bool] = mapped_column(default=False)
    #: Browser and system in a few words, for the list of sessions.
    device: Mapped[str] = mapped_column(default="")
    #: The network it began from: /24, or /56 of IPv6.
    network: Mapped[str] = mapped_column(default="")
    started_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: The last sign of life, to within a quarter of an hour.
    seen_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When its owner last proved who they are: at the sign-in, or before a change that matters.
    proved_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: When a second factor was shown in it; None: a password alone, so far.
    second_at: Mapped[datetime | None] = mapped_column(Instant)
    #: Fingerprint of the challenge that a passkey answered: it opens one session, never two.
    challenge_hash: Mapped[str | None] = mapped_column(unique=True)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ResetLink(Model):
    """A link to choose a new password: once, and not for long."""

    __tablename__ = "reset_link"
    __table_args__ = (Index("ix_reset_link_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Failure(Model):
    """A sign-in that failed: what slows guessing down. Forgotten after a day."""

    __tablename__ = "sign_in_failure"
    __table_args__ = (
        Index("ix_sign_in_failure_subject_at", "subject", "at"),
        Index("ix_sign_in_failure_address_at", "address", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    #: Keyed fingerprint of the login or card number that was tried, whether it exists or not.
    subject: Mapped[str]
    #: The network it came from: /24, or /56 of IPv6.
    address: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant, default=now)


class Authenticator(Model):
    """An app that shows a new code every half minute (TOTP): the second factor of an account."""

    __tablename__ = "authenticator"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    #: What the app and we both know, sealed (``core.sealing``).
    sealed_secret: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    #: The half minute of the last code that was taken: neither it nor an earlier one opens anything again.
    last_step: Mapped[int] = mapped_column(BigId)


class RecoveryCode(Model):
    """What opens an account once where its app is lost."""

    __tablename__ = "recovery_code"
    __table_args__ = (Index("ix_recovery_code_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: Keyed fingerprint of account and code.
    code_hash: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Passkey(Model):
    """A key that a telephone, a computer or a stick keeps for its owner (WebAuthn): finger, face or PIN instead of a password."""

    __tablename__ = "passkey"
    __table_args__ = (Index("ix_passkey_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: What the device calls it, base64url.
    credential: Mapped[str] = mapped_column(unique=True)
    #: COSE, base64url.
    public_key: Mapped[str]
    #: How often the device says that it signed; one that falls back is a copy. 0: it does not count.
    sign_count: Mapped[int] = mapped_column(BigId)
    #: What its owner calls it.
    name: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant, default=now)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class AddressChange(Model):
    """A new e-mail address that its owner has not confirmed yet."""

    __tablename__ = "address_change"
    __table_args__ = (Index("ix_address_change_account_id", "account_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    #: In lower case.
    email: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
