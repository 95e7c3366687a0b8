"""Who may do what, on one page, in the words of the policies themselves: for whoever has to answer for it.

Each rule is asked for each role, with a subject that stands for any; what it says in words is its docstring, translated
like every other text. So the page cannot say what the house does not do.
"""

import inspect
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.web import anyone, signed_in
from lms.organisations.actor import Actor
from lms.organisations.models import Role
from lms.organisations.roles import role_name, role_sees

Policy = Callable[..., bool]
YES, PARTLY, NO = "yes", "partly", "no"

#: Chapters of the page, by room, in the order in which they are read.
CHAPTERS = {
    "people": lazy("People and their files"),
    "records": lazy("Journal and rights of persons"),
    "mandates": lazy("Mandates"),
    "organisations": lazy("Organisations and roles"),
    "notifications": lazy("Messages"),
    "enrolment": lazy("Cohorts"),
    "courses": lazy("Courses"),
    "curricula": lazy("Curricula"),
    "progress": lazy("Learning"),
    "assessment": lazy("Tests"),
    "certificates": lazy("Certificates"),
    "reports": lazy("Reports"),
    "sso": lazy("Signing in with a partner"),
    "api": lazy("Directories (SCIM)"),
    "home": lazy("First pages"),
    "core": lazy("Long work"),
}


class _Stand:
    """A subject that stands for any: whatever a rule asks of it, it has one answer."""

    def __init__(self, answer: object) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        if name in ("holds", "is_over"):
            return lambda _at: bool(self._answer)
        return self if name in ("person", "organisation", "cohort", "mandate") else self._answer


#: What a rule may be told of its subject. A role that passes with some of them only passes "in some cases".
_ANSWERS: tuple[object, ...] = (True, False, None)


@dataclass(frozen=True, slots=True)
class Line:
    """One rule: its words, and the roles to which it says yes, or in some cases yes. To all others it says no."""

    words: str
    yes: list[str]
    partly: list[str]


@dataclass(frozen=True, slots=True)
class Part:
    """A role: its name, whom and what it has in sight, and the rules that let it pass: always, or in some cases."""

    key: str
    name: str
    sees: str
    yes: list[str]
    partly: list[str]


@dataclass(frozen=True, slots=True)
class Chapter:
    """The rules of one subject."""

    name: str
    title: str
    lines: list[Line]


def roles(found: list[Chapter]) -> list[Part]:
    """What each role may do, out of these chapters."""
    lines = [line for chapter in found for line in chapter.lines]
    return [
        Part(
            role.value, name := role_name(role), role_sees(role),
            [line.words for line in lines if name in line.yes],
            [line.words for line in lines if name in line.partly],
        )
        for role in Role
    ]  # fmt: skip


def chapters(app: Flask) -> list[Chapter]:
    """The rules of every room that has pages, in the reader's language."""
    found = []
    for room in sorted(rooms(app), key=_place):
        lines = [_line(policy) for policy in policies(app, room)]
        if lines:
            found.append(Chapter(room, str(CHAPTERS.get(room, room)), lines))
    return found


def rooms(app: Flask) -> set[str]:
    """Rooms that have pages."""
    return {endpoint.partition(".")[0] for endpoint in app.view_functions}


def policies(app: Flask, room: str) -> list[Policy]:
    """The rules of a room: those that its addresses name, and those that are asked inside its pages; by name."""
    views = [view for name, view in app.view_functions.items() if name.partition(".")[0] == room]
    named = {vars(view)["policy"] for view in views if hasattr(view, "policy")}
    module = sys.modules.get(f"lms.{room}.policies")
    inside = {one for name, one in inspect.getmembers(module, inspect.isfunction) if name.startswith("may_") and one.__module__ == f"lms.{room}.policies"} if module else set()  # fmt: skip
    return sorted((named | inside) - {anyone, signed_in}, key=lambda policy: policy.__name__)


def words(policy: Policy) -> str:
    """The rule in the reader's language."""
    said = " ".join((policy.__doc__ or "").split())
    return _(said)


def answer(policy: Policy, role: Role) -> str:
    """What the rule says to this role: to any subject, to some, to none."""
    said = set(_asked(policy, role))
    return PARTLY if len(said) > 1 else YES if said == {True} else NO


def _line(policy: Policy) -> Line:
    said = {role_name(role): answer(policy, role) for role in Role}
    yes, partly = ([name for name, one in said.items() if one == wanted] for wanted in (YES, PARTLY))
    return Line(words(policy), yes, partly)


def _asked(policy: Policy, role: Role) -> Iterator[bool]:
    actor = Actor(1, 1, 1, 1, 1, "", "", "", frozenset({role}))
    takes = len(inspect.signature(policy).parameters)
    subjects: list[Any] = [_Stand(value) for value in _ANSWERS]
    if _is_about_roles(policy):
        subjects = list(Role)
    for subject in subjects if takes > 1 else [None]:
        yield bool(policy(actor, subject) if takes > 1 else policy(actor))


def _is_about_roles(policy: Policy) -> bool:
    *_first, last = inspect.signature(policy).parameters.values()
    return last.annotation is Role


def _place(room: str) -> tuple[int, str]:
    order = list(CHAPTERS)
    return (order.index(room) if room in order else len(order)), room
