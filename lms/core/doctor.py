"""What ``flask doctor`` looks at: one file a check, in a room's ``checkups/``.

A check says in one sentence what is wrong and in another what to do. One that needs another (no migrations without
a database) is left out when that one found something wrong.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy.exc import SQLAlchemyError

from lms.core import db
from lms.core.i18n import gettext as _
from lms.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong, and what to do. ``is_warning``: the installation works all the same."""

    wrong: str
    remedy: str
    is_warning: bool = False


class Checkup(Kind):
    """A family of checks of an installation; a member is a file of a room's ``checkups/``."""

    name: ClassVar[str] = ""
    #: The check without which this one cannot look; empty: none.
    needs: ClassVar[str] = ""

    def findings(self) -> Iterator[Finding]:
        """What is wrong, if anything is. Outside of any transaction; it writes nothing that stays."""
        raise NotImplementedError

    def summary(self) -> str:
        """What is good to know where nothing is wrong, in a few words; asked once everything was looked at."""
        return ""


@dataclass(frozen=True, slots=True)
class Looked:
    """What one check found; ``was_left_out``: the one that it needs found something wrong."""

    name: str
    findings: tuple[Finding, ...] = ()
    was_left_out: bool = False
    summary: str = ""

    @property
    def is_ill(self) -> bool:
        """Whether something does not work."""
        return self.was_left_out or any(not one.is_warning for one in self.findings)


def look() -> list[Looked]:
    """Every check once, by name, those that others need before them."""
    done: dict[str, Looked] = {}
    for name in sorted(Checkup.registered):
        _look(name, done)
    return list(done.values())


def first_words(error: Exception) -> str:
    """The first line of what a server said."""
    return str(getattr(error, "orig", None) or error).strip().partition("\n")[0]


def _look(name: str, done: dict[str, Looked]) -> Looked:
    if name in done:
        return done[name]
    kind = Checkup.registered[name]
    if kind.needs and _look(kind.needs, done).is_ill:
        done[name] = Looked(name, was_left_out=True)
    else:
        done[name] = _looked_by(kind())
    return done[name]


def _looked_by(checkup: Checkup) -> Looked:
    try:
        found = tuple(checkup.findings())
        return Looked(checkup.name, found, summary="" if found else checkup.summary())
    except (SQLAlchemyError, OSError) as error:  # a check that breaks is a finding, and stops no other
        broken = Finding(first_words(error), _("The check could not look: begin with what this says."))
        return Looked(checkup.name, (broken,))
    finally:
        db.session.remove()
