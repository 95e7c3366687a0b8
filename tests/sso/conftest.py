"""Providers for the tests of this room."""

from collections.abc import Iterator

import pytest

from tests.sso.forger import Forger, forging


@pytest.fixture
def forger() -> Iterator[Forger]:
    """A provider that keeps to the standard until a test bends it."""
    with forging() as one:
        yield one
