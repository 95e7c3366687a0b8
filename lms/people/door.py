"""Other doors than the password and the card, which higher rooms put on the sign-in page."""

from dataclasses import dataclass
from typing import Any, ClassVar

from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class DoorEntry:
    """A button of the sign-in page: what it says, and where it leads."""

    label: str
    url: str
    note: str = ""  #: why it may not open just now


class Door(Kind):
    """A family of ways to sign in; a member is a file of a room's ``doors/``."""

    name: ClassVar[str] = ""

    def entries(self, next: str, at: str = "") -> list[DoorEntry]:  # noqa: A002  (what the address calls it)
        """The buttons to show to whoever wants to go on to ``next``, an address of this site. Two queries at most.

        ``at``: the e-mail address that somebody typed, or the short name of the organisation whose door this is.
        """
        raise NotImplementedError

    def invited(self, _token: str) -> list[DoorEntry]:
        """The buttons for whoever came with a link that was mailed to them, which ``token`` opens."""
        return []

    def own(self) -> list[DoorEntry]:
        """What somebody who is signed in may set up on their account's page."""
        return []

    def way_out(self, _actor: Any) -> str:
        """Where the browser goes on once its owner has left; an address of this site. Empty: nowhere else."""
        return ""


def all_entries(next: str, at: str = "") -> list[DoorEntry]:  # noqa: A002
    """The buttons of every door."""
    return [entry for kind in Door.registered.values() for entry in kind().entries(next, at)]


def all_invited(token: str) -> list[DoorEntry]:
    """The buttons of every door for whoever was invited."""
    return [entry for kind in Door.registered.values() for entry in kind().invited(token)]


def all_own() -> list[DoorEntry]:
    """What every door offers on the account's page."""
    return [entry for kind in Door.registered.values() for entry in kind().own()]


def way_out(actor: Any) -> str:
    """Where the browser of somebody who leaves goes on; empty: nowhere else. Asked before the session ends."""
    found = (kind().way_out(actor) for kind in Door.registered.values()) if actor is not None else ()
    return next((address for address in found if address), "")
