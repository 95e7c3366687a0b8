"""Tries at the door: each is written down before it is judged, so that many at once cannot slip by together.

A try stays as a failure unless it succeeds. What is refused for having come too often is not judged at all. Who is stopped, and
who is not, is weighed in docs/decisions/0019.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from sqlalchemy import delete, select

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.people.keyed import keyed
from lms.people.models import Failure, SignIn

#: How long a network from which an account was opened is one of its own.
KNOWN = timedelta(days=30)
ADDRESS_LIMIT, ADDRESS_WINDOW = 300, timedelta(minutes=15)  #: failures of a whole network


@dataclass(frozen=True, slots=True)
class Guard:
    """How often one subject may be tried. ``limits``: (failures, seconds in which they count), strictest first."""

    purpose: str
    limits: tuple[tuple[int, int], ...]
    #: Seconds to wait after so many failures in the shortest window: grows with each.
    pauses: tuple[int, ...]
    #: Whether each network counts for itself, so that a stranger cannot lock somebody out.
    by_address: bool
    #: (failures, seconds in which they count, tries left): once a subject has failed so often wherever it was tried,
    #: a network from which its account was never opened has so many tries in that time.
    strangers: tuple[tuple[int, int, int], ...] = ()


#: 10 in a quarter of an hour for a login from one network; a guess each from many networks is slowed down for all of these.
PASSWORD = Guard(
    "password",
    ((10, 900),),
    (0, 0, 0, 0, 5, 10, 20, 40, 80, 160),
    by_address=True,
    strangers=((10, 900, 1), (50, 86400, 0)),
)
#: A code has a million values only: 5 in a quarter of an hour wherever they come from, 10 in two hours, 20 a day.
CODE = Guard("code", ((5, 900), (10, 7200), (20, 86400)), (0, 0, 0, 5, 30), by_address=False)
#: Codes of an app: whoever is asked for one has shown the password already. Its owner may be at another place meanwhile.
SECOND = Guard("second", ((5, 900), (10, 7200), (20, 86400)), (0, 0, 0, 5, 30), by_address=False)
#: Six words cannot be guessed; the network's own limit is enough.
WORDS = Guard("words", (), (), by_address=True)
#: Nor can a passkey.
PASSKEY = Guard("passkey", (), (), by_address=True)
#: Nor can the code of an invitation.
INVITATION = Guard("invitation", (), (), by_address=True)
#: Nor that of a way into a cohort.
WAY = Guard("way", (), (), by_address=True)
#: The token of a program: none was ever guessed; whoever tries is told to go away, and leaves few traces.
TOKEN = Guard("token", ((20, 900),), (), by_address=True)
#: Links for a new password: each is a mail to somebody.
LINK = Guard("link", ((5, 900), (20, 86400)), (), by_address=True)


@dataclass(frozen=True, slots=True)
class Try:
    """One try that may be judged; or, with ``wait``, one that may not for so many seconds."""

    subject: str = ""
    address: str = ""
    wait: int = 0


def network_of(address: str) -> str:
    """What counts as one place: the /24 of an IPv4 address, the /56 of an IPv6 one."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is None:
            return str(ip_network((found, 56), strict=False))
        found = found.ipv4_mapped
    return str(ip_network((found, 24), strict=False))


def failed(guard: Guard, address: str) -> int:
    """A secret that nobody can guess was wrong: written down once this request is over. Seconds to wait, if it was too often.

    For a secret that is looked up before anything is slowed down: whoever has the right one is never kept waiting.
    """
    mark, network = keyed(guard.purpose, ""), network_of(address)
    if wait := _wait(guard, mark, network, 0):
        return wait
    db.apart(lambda: session.add(Failure(subject=mark, address=network)))
    return 0


def begin(guard: Guard, subject: str, address: str, account_id: int = 0) -> Try:
    """Ask to judge a try at ``subject``. Opens its own short transactions: call it outside of any other.

    ``account_id`` is the account that the subject names, if it names one: networks from which it was opened lately are its own.
    """
    mark, network = keyed(guard.purpose, subject), network_of(address)
    with db.transaction(Mode.READ):
        wait = _wait(guard, mark, network, account_id)
    if wait:
        return Try(wait=wait)
    with db.transaction():
        mine = Failure(subject=mark, address=network)
        session.add(mine)
        session.flush()  # its number, to take it back
        number = mine.id
    with db.transaction(Mode.READ):
        wait = _wait(guard, mark, network, account_id, mine=1)
    if wait:
        with db.transaction():
            session.execute(delete(Failure).where(Failure.id == number))
        return Try(wait=wait)
    return Try(mark, network)


def seconds_closed(guard: Guard, subject: str, address: str, account_id: int = 0) -> int:
    """For how long this network may not try the subject; 0: it may, perhaps after a pause. Inside a transaction that reads."""
    return _wait(replace(guard, pauses=()), keyed(guard.purpose, subject), network_of(address), account_id)


def clear(guard: Guard, subject: str) -> None:
    """Its owner came by a way that cannot be guessed: the failures of all networks are forgotten."""
    session.execute(delete(Failure).where(Failure.subject == keyed(guard.purpose, subject)))


def forgive(tried: Try) -> None:
    """It succeeded: forget this try and the slips before it. In the transaction of what it opened."""
    session.execute(delete(Failure).where(Failure.subject == tried.subject, Failure.address == tried.address))


def forget_old(before: datetime) -> None:
    """Delete the failures that no longer count."""
    session.execute(delete(Failure).where(Failure.at < before))


def seconds_to_wait(guard: Guard, failures: list[datetime], at: datetime, mine: int = 0) -> int:
    """How long to wait after these failures, newest first; 0: not at all. ``mine`` of them are this very try."""
    waits = [0]
    for most, window in guard.limits:
        if len(failures) >= most + mine:
            waits.append(_seconds(failures[most + mine - 1] + timedelta(seconds=window) - at))
    if failures and not mine:
        recent = sum(1 for one in failures if (at - one).total_seconds() < 900)
        pause = guard.pauses[min(recent, len(guard.pauses)) - 1] if guard.pauses and recent else 0
        waits.append(_seconds(failures[0] + timedelta(seconds=pause) - at))
    return max(waits)


def strangers_wait(
    guard: Guard, everywhere: list[datetime], here: list[datetime], at: datetime, mine: int = 0
) -> int:
    """How long a network waits that is none of the subject's own, after failures everywhere and its own, newest first."""
    waits = [0]
    for most, window, left in guard.strangers:
        span = timedelta(seconds=window)
        tried = sum(1 for one in here if at - one < span) - mine
        if len(everywhere) >= most + mine and tried >= left:
            waits.append(_seconds(everywhere[most + mine - 1] + span - at))
    return max(waits)


def _wait(guard: Guard, subject: str, network: str, account_id: int, mine: int = 0) -> int:
    """The same statements whoever is asked for: their number must not tell who is known."""
    at = now()
    found = select(Failure.at).where(Failure.subject == subject).order_by(Failure.at.desc())
    here = found.where(Failure.address == network) if guard.by_address else found
    most = max((n for n, _window in guard.limits), default=0) + mine
    own = list(session.scalars(here.limit(most))) if most else []
    waits = [seconds_to_wait(guard, own, at, mine)]
    if guard.strangers:
        highest = max(n for n, _window, _left in guard.strangers) + mine
        everywhere = list(session.scalars(found.limit(highest)))
        if not _is_known(account_id, network, at):
            waits.append(strangers_wait(guard, everywhere, own, at, mine))
    there = select(Failure.at).where(Failure.address == network, Failure.at > at - ADDRESS_WINDOW)
    last = session.scalar(there.order_by(Failure.at.desc()).offset(ADDRESS_LIMIT - 1 + mine).limit(1))
    return max(*waits, _seconds(last + ADDRESS_WINDOW - at) if last else 0)


def _is_known(account_id: int, network: str, at: datetime) -> bool:
    """Whether the account was opened from this network lately."""
    opened = SignIn.account_id == account_id, SignIn.network == network, SignIn.started_at > at - KNOWN
    return session.execute(select(SignIn.id).where(*opened).limit(1)).first() is not None


def _seconds(span: timedelta) -> int:
    return max(0, -int(-span.total_seconds() // 1))
