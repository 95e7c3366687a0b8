"""What an organisation's own directory says of its people, told by the room above that knows directories.

A member is a file of a room's ``directories/``; today there is one, SCIM.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

from lms.core.kinds import Kind

#: Claims that a person can change, or that pass from one person to the next: nobody is known by them.
PASSING = frozenset({
    "email", "mail", "emails", "preferred_username", "upn", "unique_name", "username", "login_hint", "name", "nickname", "given_name",
    "family_name", "middle_name", "phone_number", "phone", "profile", "picture", "website", "address", "verified_primary_email",
    "verified_secondary_email",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Called:
    """Who is called by a number: persons, as many as there are of it up to two; ``is_gone``: the directory let them go."""

    person_ids: tuple[int, ...]
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Described:
    """A directory as the page of a provider shows it: how many people it has, and one of their numbers."""

    people: int
    example: str = ""


class Directory(Kind):
    """A family of directories that organisations connect."""

    name: ClassVar[str] = ""

    def called(self, tenant_id: int, organisation_id: int, number: str) -> Called:
        """Whom the directory of this organisation calls so."""
        raise NotImplementedError

    def described(self, tenant_id: int, organisation_id: int) -> Described | None:
        """The directory of this organisation; None: none is connected."""
        raise NotImplementedError


def called(tenant_id: int, organisation_id: int, number: str) -> Called:
    """Whom the directories of this organisation call so."""
    found = [kind().called(tenant_id, organisation_id, number) for kind in Directory.registered.values()]
    named = next((one for one in found if one.person_ids), None)
    return named or Called((), any(one.is_gone for one in found))


def described(tenant_id: int, organisation_id: int) -> Described | None:
    """The directory of this organisation; None: none is connected."""
    found = (kind().described(tenant_id, organisation_id) for kind in Directory.registered.values())
    return next((one for one in found if one is not None), None)


def number_in(claim: str, claims: dict[str, Any]) -> str:
    """The number that this claim holds, to the letter; empty where there is none, or where it could be several.

    Nothing is trimmed or made up here: a number that differs by a blank is another number.
    """
    said = claims.get(claim) if claim else None
    if isinstance(said, list) and len(said) == 1:
        said = said[0]
    return said if isinstance(said, str) and said.strip() and len(said) <= 255 and said.isprintable() else ""
