"""What higher rooms add to a person's file: their courses, what they are, what they earned. A member is one panel."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Shown:
    """A panel as the file shows it: its heading, its template, and what that is filled with."""

    name: str
    title: str
    template: str
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Moment:
    """A line of somebody's history: when, and what; in the reader's language."""

    at: datetime
    text: str


class Panel(Kind):
    """A family: each member is one part of a person's file. It shows what the actor may see, in a constant number of statements."""

    name: ClassVar[str] = ""

    def show(self, actor: Any, file: Any) -> Shown | None:
        """The panel of this ``PersonFile``; None where there is nothing to show."""
        raise NotImplementedError

    def moments(self, _actor: Any, _file: Any) -> Sequence[Moment]:
        """What the person's history says of it."""
        return ()


MOST = 50  #: lines of a history


def panels(actor: Any, file: Any) -> list[Shown]:
    """Every panel that has something to show, the lowest room first."""
    found = [kind().show(actor, file) for kind in Panel.registered.values()]
    return [one for one in found if one is not None]


def history(actor: Any, file: Any) -> list[Moment]:
    """What happened, the latest first; ``MOST`` lines at most."""
    found = [moment for kind in Panel.registered.values() for moment in kind().moments(actor, file)]
    return sorted(found, key=lambda moment: moment.at, reverse=True)[:MOST]
