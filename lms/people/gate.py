"""Judges what somebody typed at the door.

A view calls this outside of any transaction: finding is short, hashing is slow, writing is short. Nothing
here tells apart an unknown login from a wrong password, neither by its answer nor by its time. Whoever must come back
because too many sign in (``TooBusy``) has not tried: the place is taken before the try is written down.
"""

from dataclasses import dataclass, replace

from lms.core import db, journal
from lms.core.db import Mode
from lms.people import hashing, passkeys, queries, weakness, words
from lms.people.passkeys import Signed
from lms.people.queries import Credentials
from lms.people.services import accounts, factors, keys, tries
from lms.people.services.tries import Try

_NO_TRY = Try()


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a try ended: an account, or not; ``wait`` seconds before the next one; or a door that is shut."""

    account_id: int = 0
    card_id: int = 0
    wait: int = 0
    is_suspended: bool = False
    fresh_hash: str = ""
    tried: Try = _NO_TRY
    has_app: bool = False  #: the password is right, and a code of the app is to be shown now
    mark: str = ""  #: of that password: with another one, what was begun is over
    signed: Signed | None = None  #: what a passkey signed

    @property
    def is_open(self) -> bool:
        """Whether the way is free."""
        return bool(self.account_id) and not self.is_suspended


def judge_password(login: str, password: str, address: str) -> Verdict:
    """Whether this password belongs to this login."""
    with hashing.line().place():
        with db.transaction(Mode.READ):
            found = queries.credentials_of(login)
        known_id = found.account_id if found else 0
        tried = tries.begin(tries.PASSWORD, _subject(found, login), address, known_id)
        if tried.wait:
            return Verdict(wait=tried.wait)
        hashed = found.hashed if found else None
        if not hashing.password_matches(hashed, password) or found is None or hashed is None:
            return _refused("password", tried, found.account_id if found else None)
        fresh = hashing.hash_password(password) if hashing.is_old(hashed) else ""
        return Verdict(
            found.account_id,
            is_suspended=found.is_suspended,
            fresh_hash=fresh,
            tried=tried,
            has_app=found.has_app,
            mark=replace(found, hashed=fresh or hashed).mark,
        )


def judge_second(account_id: int, typed: str, address: str) -> Verdict:
    """Whether this is a code of the account's app, or one of its recovery codes. It is spent by being judged."""
    tried = tries.begin(tries.SECOND, f"account {account_id}", address)
    if tried.wait:
        return Verdict(wait=tried.wait)
    with db.transaction():
        is_right = factors.spend(account_id, typed)
    return Verdict(account_id, tried=tried) if is_right else _refused("second-factor", tried, account_id)


def judge_words(typed: str, address: str) -> Verdict:
    """Whether these six words open a card for the first time."""
    tried = tries.begin(tries.WORDS, "", address)
    if tried.wait:
        return Verdict(wait=tried.wait)
    with db.transaction(Mode.READ):
        found = queries.card_by_words(words.words_hash(words.read(typed)))
    if found is None:
        return _refused("card-words", tried, None)
    return Verdict(found.account_id, found.card_id, is_suspended=found.is_suspended, tried=tried)


def judge_code(number: str, code: str, address: str) -> Verdict:
    """Whether this code belongs to the card of this number."""
    digits = "".join(filter(str.isdigit, number))
    with hashing.line().place():
        tried = tries.begin(tries.CODE, digits, address)
        if tried.wait:
            return Verdict(wait=tried.wait)
        with db.transaction(Mode.READ):
            found = queries.card_by_number(digits)
        matches = hashing.password_matches(found.code_hash if found else None, "".join(code.split()))
        if found is None or not matches:
            return _refused("card-code", tried, found.account_id if found else None)
        return Verdict(found.account_id, found.card_id, is_suspended=found.is_suspended, tried=tried)


def judge_passkey(answer: str, browser: str, address: str, account_id: int = 0) -> Verdict:
    """Whether a passkey signed what this browser was asked; with ``account_id``, one of that account.

    What it signed goes into the session that it opens: the same answer never opens a second one.
    """
    tried = tries.begin(tries.PASSKEY, "", address)
    if tried.wait:
        return Verdict(wait=tried.wait)
    try:
        credential = passkeys.credential_in(answer)
        with db.transaction(Mode.READ):
            key = queries.passkey_by_credential(credential)
            found = queries.credentials_by_id(key.account_id) if key else None
        if key is None or found is None or account_id not in (0, found.account_id):
            raise passkeys.NotGenuine
        signed = passkeys.used(answer, browser, found.account_id, key.public_key, key.sign_count)
    except passkeys.NotGenuine:
        return _refused("passkey", tried, None)
    return Verdict(found.account_id, is_suspended=found.is_suspended, tried=tried, signed=signed)


def judge_own(account_id: int, hashed: str | None, typed: str, address: str) -> Verdict:
    """Whether somebody who is signed in knows the secret they want to change."""
    with hashing.line().place():
        tried = tries.begin(tries.PASSWORD, f"account {account_id}", address, account_id)
        if tried.wait:
            return Verdict(wait=tried.wait)
        if not hashing.password_matches(hashed, typed):
            return _refused("own-secret", tried, account_id)
        return Verdict(account_id, tried=tried)


def seconds_closed(login: str, address: str) -> int:
    """For how long this address may not try the password of this login: nor may it ask for a link. Opens its own transaction."""
    with db.transaction(Mode.READ):
        found = queries.credentials_of(login)
        known_id = found.account_id if found else 0
        return tries.seconds_closed(tries.PASSWORD, _subject(found, login), address, known_id)


def is_guessable(account_id: int, password: str) -> bool:
    """Whether a password that opens this account would not be taken any more: it was chosen before we knew better.

    Opens its own transaction.
    """
    with db.transaction(Mode.READ):
        own = queries.own_words(account_id)
    return bool(weakness.password_fault(password, own))


def let_in(verdict: Verdict) -> None:
    """What a success changes; in the transaction that opens the session. Raises ``AnsweredAlready``."""
    tries.forgive(verdict.tried)
    if verdict.signed:
        keys.note_use(verdict.signed)
    if verdict.fresh_hash:
        accounts.rehash(verdict.account_id, verdict.fresh_hash)


def _subject(found: Credentials | None, login: str) -> str:
    """What failures are counted for: an account by whichever of its names, or a name that is nobody's."""
    return f"account {found.account_id}" if found else f"login {login.strip().casefold()}"


def _refused(method: str, tried: Try, account_id: int | None) -> Verdict:
    journal.note_refusal("sign-in-refused", None, method=method, account=account_id, network=tried.address)
    return Verdict()
