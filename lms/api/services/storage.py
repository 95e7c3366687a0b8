"""Where the SCIM library reads and writes: users and groups of one organisation, within the transaction in hand."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from scim2_models import (
    ConflictException,
    NotFoundException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimProvider,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import ScimStorage, SearchPage
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from lms.api.client import Client
from lms.api.models import ResourceKind, ScimResource
from lms.api.services import documents, groups, people
from lms.api.services.documents import KINDS
from lms.api.services.facts import facts_of
from lms.api.services.search import Shelf, search
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.organisations.models import Organisation


class DirectoryStorage(ScimStorage):
    """The contract of the library (``scim2_server.testing``) over our tables. Every deed is a savepoint of its own."""

    def __init__(self, client: Client, provider: ScimProvider) -> None:
        self.client = client
        self.models = {KINDS[str(one.id)]: provider.model_for(one) for one in provider.resource_types}

    @contextmanager
    def operation(self) -> Iterator[None]:
        """What fails in it leaves nothing behind, and what comes after it in the same request goes on."""
        with session.begin_nested():
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Raises ``NotFoundException``."""
        return self._shown(self._row(resource_type, resource_id))

    def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """One page; ``position`` is for cursors, which we do not announce."""
        return search(self._shelf(*resource_types), search_request)

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Raises ``UniquenessException``."""
        document = documents.document_of(resource)
        row = ScimResource(
            tenant_id=self.client.tenant_id,
            organisation_id=self.client.organisation_id,
            kind=KINDS[str(resource_type.id)],
            scim_id=uuid.uuid4().hex,
            document=document,
            **documents.keys_of(document),
        )
        row.created_at = row.changed_at = now()
        with self._unique():
            if row.kind is ResourceKind.USER:
                row.person_id = people.bring_in(
                    self.client, self._organisation(), facts_of(document), row.external_id
                )
            else:
                row.cohort_id = groups.cohort_for(self._organisation(), _name_of(row), self.client)
            session.add(row)
            session.flush()  # a name that somebody has is refused here; members point at its number
            if row.kind is ResourceKind.GROUP:
                groups.set_members(self.client, row, documents.members_of(resource))
        return self._shown(row)

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Raises ``NotFoundException``, ``PreconditionFailedException`` or ``UniquenessException``."""
        row = self._row(resource_type, str(resource.id), expected_version, is_changing=True)
        before, document = row.document, documents.document_of(resource)
        with self._unique():
            for name, value in documents.keys_of(document).items():
                setattr(row, name, value)
            row.document, row.changed_at, row.version = document, now(), row.version + 1
            session.flush()  # a name that somebody has is refused here
            if row.kind is ResourceKind.USER:
                people.follow(
                    self.client, self._organisation(), row.person_id, facts_of(before), facts_of(document)
                )
            else:
                if before.get("displayName") != document.get("displayName"):
                    groups.rename(row.cohort_id, self._organisation(), _name_of(row), self.client)
                groups.set_members(self.client, row, documents.members_of(resource))
        return self._shown(row)

    def delete(
        self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None
    ) -> None:
        """Raises ``NotFoundException`` or ``PreconditionFailedException``."""
        row = self._row(resource_type, resource_id, expected_version, is_changing=True)
        if row.kind is ResourceKind.GROUP:
            groups.disband(self.client, row)
        groups.leave_all(self.client, row.id)
        if row.kind is ResourceKind.USER:
            people.take_out(self.client, row.person_id)
        if row.external_id and row.person_id:
            row.user_key = row.display_key = None
            row.document, row.gone_at = {}, now()
        else:
            session.delete(row)
        session.flush()  # the name is free for whoever comes next in the same request

    def _row(
        self,
        resource_type: ResourceType,
        scim_id: str,
        expected_version: str | None = None,
        *,
        is_changing: bool = False,
    ) -> ScimResource:
        found = self._shelf(resource_type).rows(ScimResource.scim_id == scim_id)
        if is_changing:
            found = found.with_for_update().execution_options(populate_existing=True)
        row: ScimResource | None = session.scalars(found).one_or_none()
        if row is None:
            raise NotFoundException(detail=f"{resource_type.name} {scim_id!r} not found")
        if expected_version is not None and documents.version_of(row) != expected_version:
            raise PreconditionFailedException
        return row

    def _shelf(self, *resource_types: ResourceType) -> Shelf:
        kinds = [KINDS[str(one.id)] for one in resource_types]
        return Shelf(self.client, {kind: self.models[kind] for kind in kinds})

    def _shown(self, row: ScimResource) -> Resource[Any]:
        session.flush()  # statements have changed what the row's neighbours say
        session.refresh(row)
        (shown,) = Shelf(self.client, self.models).resources([row])
        return shown  # type: ignore[no-any-return]  # a model made from the schema at run time

    def _organisation(self) -> Organisation:
        own = select(Organisation).where(
            Organisation.tenant_id == self.client.tenant_id, Organisation.id == self.client.organisation_id
        )
        return session.scalars(own).one()

    @contextmanager
    def _unique(self) -> Iterator[None]:
        """Whoever comes second with a unique value gets a 409, however close behind; and a rule of ours is told, not a fault."""
        try:
            with session.begin_nested():
                yield
        except IntegrityError as error:
            raise UniquenessException(detail="A value that must be unique is taken") from error
        except Refused as refusal:
            raise ConflictException(detail=f"{refusal.reason} {refusal.remedy}".strip()) from refusal


def _name_of(row: ScimResource) -> str:
    """What the cohort of a group is called."""
    said = row.document.get("displayName") or row.external_id or row.scim_id
    return " ".join(str(said).split())[:200] or row.scim_id
