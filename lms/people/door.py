"""Other doors than the password and the card, which higher rooms put on the sign-in page."""

from dataclasses import dataclass
from typing import ClassVar

from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class DoorEntry:
    """A button of the sign-in page: what it says, and where it leads."""

    label: str
    url: str


class Door(Kind):
    """A family of ways to sign in; a member is a file of a room's ``doors/``."""

    name: ClassVar[str] = ""

    def entries(self, next: str) -> list[DoorEntry]:  # noqa: A002  (what the address calls it)
        """The buttons to show to whoever wants to go on to ``next``, an address of this site. Two queries at most."""
        raise NotImplementedError


def all_entries(next: str) -> list[DoorEntry]:  # noqa: A002
    """The buttons of every door."""
    return [entry for kind in Door.registered.values() for entry in kind().entries(next)]
