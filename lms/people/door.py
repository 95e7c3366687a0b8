"""What a sign-in door is: one file in a higher room's ``doors/``, found by a folder scan."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class DoorEntry:
    """One way in, as the sign-in page shows it: what the button says and where it leads."""

    label: str
    url: str


class Door(Kind):
    """A family of ways to sign in that stand beside the password and the card."""

    name: ClassVar[str] = ""

    def entries(self, next: str) -> Sequence[DoorEntry]:
        """The buttons to show; ``next`` is the address of this site to go to afterwards."""
        raise NotImplementedError
