"""A resource of the protocol as a row, and back."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scim2_models import InvalidValueException, Meta

from lms.api.models import ResourceKind, ScimResource

KINDS = {"User": ResourceKind.USER, "Group": ResourceKind.GROUP}
TYPES = {kind: name for name, kind in KINDS.items()}
#: What a row does not keep in its document: ours to say, a secret, or rows of their own.
_APART = ("id", "meta", "password", "groups", "members")
_LONGEST = 255  #: letters of what is looked up by an index


@dataclass(frozen=True, slots=True)
class Related:
    """One entry of a group's ``members``, or of a user's ``groups``."""

    scim_id: str
    kind: ResourceKind
    display: str | None = None


@dataclass(frozen=True, slots=True)
class Relations:
    """Members and groups of the resources of a page, by the numbers of their rows."""

    members: dict[int, list[Related]] = field(default_factory=dict)
    groups: dict[int, list[Related]] = field(default_factory=dict)


def document_of(resource: Any) -> dict[str, Any]:
    """All that was sent and that the row keeps as it is."""
    sent: dict[str, Any] = resource.model_dump()
    return {name: value for name, value in sent.items() if name not in _APART}


def members_of(resource: Any) -> dict[str, str | None]:
    """The ids in a group's ``members``, in their order, and what is shown of each."""
    sent = getattr(resource, "members", None) or ()
    return {str(one.value): one.display for one in sent if one.value}


def keys_of(document: dict[str, Any]) -> dict[str, str | None]:
    """The columns by which a resource is found again. Raises ``InvalidValueException`` where one is too long."""
    for name in ("userName", "displayName", "externalId"):
        if len(document.get(name) or "") > _LONGEST:
            raise InvalidValueException(detail=f"{name} is longer than {_LONGEST} characters")
    return {
        "user_key": compared(document.get("userName")),
        "display_key": compared(document.get("displayName")),
        "external_id": exactly(document.get("externalId")),
    }


def compared(text: str | None) -> str | None:
    """``text`` as the protocol compares what is not case exact."""
    whole = exactly(text)
    return unicodedata.normalize("NFC", whole.lower()) if whole else None


def exactly(text: str | None) -> str | None:
    """``text`` as the protocol compares what is case exact."""
    return unicodedata.normalize("NFC", text) if text else None


def resource_of(row: ScimResource, model: Any, relations: Relations) -> Any:
    """The resource that this row keeps, as a copy of its own."""
    document = dict(row.document)
    if members := relations.members.get(row.id):
        document["members"] = _entries(members, with_type=True)
    if groups := relations.groups.get(row.id):
        document["groups"] = [entry | {"type": "direct"} for entry in _entries(groups)]
    resource = model.model_validate(document)
    resource.id = row.scim_id
    resource.meta = Meta(
        resource_type=TYPES[row.kind],
        created=row.created_at,
        last_modified=row.changed_at,
        version=version_of(row),
    )
    return resource


def version_of(row: ScimResource) -> str:
    """The entity tag of the row as it stands."""
    return f'W/"{row.version}"'


def _entries(related: Sequence[Related], *, with_type: bool = False) -> list[dict[str, str]]:
    return [
        {"value": one.scim_id, "$ref": f"{TYPES[one.kind]}s/{one.scim_id}"}
        | ({"type": TYPES[one.kind]} if with_type else {})
        | ({"display": one.display} if one.display else {})
        for one in related
    ]
