"""Finding resources: by SQL where an index answers, else by the library's own judge over the rows, some hundred at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from scim2_models import SearchRequest
from scim2_models.path import CompareOperator, Comparison
from scim2_server.storage import SearchPage
from sqlalchemy import ColumnElement, func, null, select

from lms.api.client import Client
from lms.api.models import ResourceKind, ScimMember, ScimResource
from lms.api.services.documents import Related, Relations, compared, exactly, resource_of
from lms.core.db import AnySelect, session

CHUNK = 500  #: rows that are judged at once
#: Attributes that an index finds, and how their values are compared.
_INDEXED = {
    "id": (ScimResource.scim_id, exactly),
    "externalId": (ScimResource.external_id, exactly),
    "userName": (ScimResource.user_key, compared),
    "displayName": (ScimResource.display_key, compared),
}


@dataclass(frozen=True, slots=True)
class Shelf:
    """What a program may find: the resources of its organisation, and the model of each kind."""

    client: Client
    models: dict[ResourceKind, Any]

    def rows(self, *which: ColumnElement[bool]) -> AnySelect:
        """Those of its rows, of these kinds, that are still there."""
        return select(ScimResource).where(
            ScimResource.tenant_id == self.client.tenant_id,
            ScimResource.organisation_id == self.client.organisation_id,
            ScimResource.kind.in_(list(self.models)),
            ScimResource.gone_at.is_(None),
            *which,
        )

    def resources(self, rows: Sequence[ScimResource], *, with_relations: bool = True) -> list[Any]:
        """These rows as resources: two statements more for all of them."""
        known = relations(self.client.tenant_id, rows) if with_relations else Relations()
        return [resource_of(row, self.models[row.kind], known) for row in rows]


def search(shelf: Shelf, asked: SearchRequest[Any]) -> SearchPage:
    """One page of what matches, and how many match in all."""
    if asked.filter is None and asked.sort_by is None:
        return _page_in_order(shelf, asked)
    found = _matching(shelf, asked)
    if asked.sort_by is not None:
        is_last_first = asked.sort_order == SearchRequest.SortOrder.descending
        found.sort(key=lambda pair: pair[0], reverse=is_last_first)
    ids = [number for _key, number in found[asked.start_index_0 : asked.stop_index_0]]
    rows = {row.id: row for row in session.scalars(shelf.rows(ScimResource.id.in_(ids)))} if ids else {}
    return SearchPage(len(found), shelf.resources([rows[number] for number in ids]))


def relations(tenant_id: int, rows: Sequence[ScimResource]) -> Relations:
    """Members of the groups among these rows, and groups of the users."""
    groups = [row.id for row in rows if row.kind is ResourceKind.GROUP]
    users = [row.id for row in rows if row.kind is ResourceKind.USER]
    shown, none = ScimMember.display, null()
    return Relations(
        members=_related(tenant_id, ScimMember.group_id, ScimMember.resource_id, shown, groups),
        groups=_related(tenant_id, ScimMember.resource_id, ScimMember.group_id, none, users),
    )


def _related(
    tenant_id: int, own: Any, other: Any, display: Any, ids: Sequence[int]
) -> dict[int, list[Related]]:
    if not ids:
        return {}
    found = (
        select(own, ScimResource.scim_id, ScimResource.kind, display)
        .join(ScimResource, (ScimResource.tenant_id == ScimMember.tenant_id) & (ScimResource.id == other))
        .where(ScimMember.tenant_id == tenant_id, own.in_(ids))
        .order_by(ScimMember.id)
    )
    by_row: dict[int, list[Related]] = {}
    for number, *told in session.execute(found):
        by_row.setdefault(number, []).append(Related(*told))
    return by_row


def _page_in_order(shelf: Shelf, asked: SearchRequest[Any]) -> SearchPage:
    found = shelf.rows()
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    page = found.order_by(ScimResource.id).offset(asked.start_index_0 or 0).limit(asked.count)
    rows = session.scalars(page).all() if asked.count != 0 else []
    return SearchPage(total, shelf.resources(rows, with_relations=_are_asked_for(asked)))


def _are_asked_for(asked: SearchRequest[Any]) -> bool:
    """Whether the answer shows members or groups: a system that leaves them out asks so for thousands of groups."""
    left_out = {str(path).casefold().rpartition(":")[2] for path in asked.excluded_attributes or ()}
    return not {"members", "groups"} <= left_out


def _matching(shelf: Shelf, asked: SearchRequest[Any]) -> list[tuple[Any, int]]:
    """Sort key and number of every row that matches."""
    found = []
    for row, resource in _candidates(shelf, _narrowed(asked.filter)):
        if asked.filter is None or _matches(asked.filter, resource):
            value = asked.sort_value(resource) if asked.sort_by is not None else None
            found.append(((value is None, "" if value is None else value, row), row))
    return found


def _matches(judge: Any, resource: Any) -> bool:
    return bool(judge.match(resource))


def _candidates(shelf: Shelf, which: Sequence[ColumnElement[bool]]) -> Iterator[tuple[int, Any]]:
    last = 0
    while True:
        chunk = shelf.rows(*which, ScimResource.id > last).order_by(ScimResource.id).limit(CHUNK)
        rows = session.scalars(chunk).all()
        yield from zip([row.id for row in rows], shelf.resources(rows), strict=True)
        if len(rows) < CHUNK:
            return
        last = rows[-1].id
        for row in rows:  # what was judged is not kept: an organisation may have 100,000 of them
            session.expunge(row)


def _narrowed(judge: Any) -> list[ColumnElement[bool]]:
    """What an index says of a filter that compares one attribute, or of each part of such an ``and``."""
    node = getattr(judge, "ast", None)
    parts = getattr(node, "terms", (node,)) if str(getattr(node, "op", "and")) == "and" else (node,)
    return [clause for part in parts if (clause := _by_index(part)) is not None]


def _by_index(node: Any) -> ColumnElement[bool] | None:
    if not isinstance(node, Comparison) or node.op != CompareOperator.eq or not isinstance(node.value, str):
        return None
    path = node.attr_path
    known = {name.casefold(): found for name, found in _INDEXED.items()}.get(path.attr.casefold())
    if known is None or path.sub_attr or path.uri:
        return None
    column, alike = known
    return column == alike(node.value)
