"""The library's own contract of storages, over our tables: each test in a transaction that is rolled back."""

from collections.abc import Iterator

import pytest
from flask import Flask
from scim2_models import ScimProvider
from scim2_server.storage import ScimStorage
from scim2_server.testing import ScimStorageContract

from lms.api.client import Client
from lms.api.scim import service
from lms.api.services import DirectoryStorage
from lms.core import db
from lms.core.db import Mode
from tests.api.provisioning import client_of, token_of
from tests.support import databases, worlds
from tests.support.databases import Addresses


@pytest.fixture(scope="module")
def client(the_app: Flask, addresses: Addresses) -> Iterator[Client]:
    """One world for all of them: none leaves anything behind."""
    yield client_of(token_of(worlds.make().one))
    db.session.remove()
    db.disconnect_idle()
    databases.empty(addresses)


class TestOurStorage(ScimStorageContract):
    @pytest.fixture
    def provider(self) -> ScimProvider:
        return service().provider

    @pytest.fixture
    def storage(self, client: Client, provider: ScimProvider) -> Iterator[ScimStorage]:
        db.begin(Mode.WRITE, client.tenant_id)
        yield DirectoryStorage(client, provider)
        db.rollback()
