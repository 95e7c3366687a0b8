"""Programs that a test needs: their path, or a skip with the reason; in CI nothing is skipped for want of a program."""

import os

import pytest

from config import programs

#: For what is slow and stands or falls with another program: each such program once, shared out over both runs.
beside_postgresql = pytest.mark.skipif(
    os.environ.get("LMS_TEST_DATABASE", "sqlite") == "sqlite",
    reason="run beside PostgreSQL alone",
)
#: For what is slow and asks nothing of the database: once a run of both.
once = pytest.mark.skipif(
    os.environ.get("LMS_TEST_DATABASE") == "postgresql",
    reason="the database has no part in it: run beside SQLite alone",
)


def chromium() -> str:
    """The path of a Chromium."""
    return _found("chromium", programs.chromium())


def pdftoppm() -> str:
    """The path of poppler's renderer."""
    return _found("pdftoppm", programs.pdftoppm())


def redis() -> str:
    """The path of ``redis-server``."""
    return _found("redis", programs.redis())


def rabbitmq() -> str:
    """The path of ``rabbitmq-server``."""
    return _found("rabbitmq", programs.rabbitmq())


def xmlsec1() -> str:
    """The path of ``xmlsec1``."""
    return _found("xmlsec1", programs.xmlsec1())


def node() -> str:
    """The path of a node that runs the npm packages of the tests."""
    return _found("node", programs.node())


def _found(name: str, path: str) -> str:
    if path:
        return path
    sentence = f"this machine has no {name}: `make test` says how to have it"
    if programs.in_ci():
        pytest.fail(sentence)
    pytest.skip(sentence)
