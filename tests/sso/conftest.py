"""Providers for the tests of this room."""

from collections.abc import Iterator

import pytest

from tests.sso.forger import Forger, forging
from tests.sso.saml_idp import Idp, answering
from tests.support import needs


@pytest.fixture
def forger() -> Iterator[Forger]:
    """A provider that keeps to the standard until a test bends it."""
    with forging() as one:
        yield one


@pytest.fixture
def idp() -> Iterator[Idp]:
    """A SAML provider that is honest until a test bends it."""
    needs.xmlsec1()
    with answering() as one:
        yield one
