"""Every check of scim2-tester, by scim2-cli over HTTP against a real server, for two tenants of one installation."""

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
import requests
from click.testing import CliRunner
from scim2_cli import cli
from sqlalchemy import func, select

from config import processes
from config.settings import ROOT, Settings
from lms.api.models import ScimMember, ScimResource
from lms.core import db
from lms.core.db import Mode, session
from tests.api.provisioning import token_of
from tests.support import needs
from tests.support.servers import free_port
from tests.support.waiting import until
from tests.support.worlds import World

Check = Callable[[str], list[tuple[str, str]]]
_CHECK = re.compile(r"^(SUCCESS|SKIPPED|ACCEPTABLE|DEVIATION|ERROR|CRITICAL) (\S+)", re.M)


@pytest.fixture
def server(world: World, settings: Settings) -> Iterator[str]:
    """The address of a web server over the database of the test."""
    address = f"http://127.0.0.1:{free_port()}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environ = kept | {
        "LMS_DATABASE_URL": settings.database_url, "LMS_VAR": str(settings.var), "LMS_ENV": "test",
        "LMS_SECRET_KEY": settings.secret_key, "LMS_BASE_URL": address,
        "LMS_QUEUE_URL": f"redis://127.0.0.1:{free_port()}/0",
    }  # fmt: skip
    command = [
        sys.executable,
        "-m",
        "granian",
        "--interface",
        "wsgi",
        "--host",
        "127.0.0.1",
        "--workers",
        "1",
    ]
    running = subprocess.Popen(
        [*command, "--log-level", "error", "--port", address.rpartition(":")[2], "wsgi:app"],
        cwd=ROOT,
        env=environ,
        start_new_session=True,
        preexec_fn=processes.dies_with_us(),
    )
    try:
        until(lambda: _answers(address), 60, lambda: "the server does not start")
        yield address
    finally:
        processes.stop(running)
        processes.sweep(running)


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/healthz", timeout=5).ok
    except requests.ConnectionError:
        return False


@pytest.fixture
def check(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    """``check(token)``: verdict and name of each check of ``scim test``; with what it says of those that failed."""
    opened: list[httpx2.Client] = []

    def patient(**more: Any) -> httpx2.Client:
        """A client that waits: a busy machine is no fault of the server's."""
        opened.append(httpx2.Client(timeout=60, **more))
        return opened[-1]

    monkeypatch.setattr("scim2_cli.session.Client", patient)

    def run(token: str) -> list[tuple[str, str]]:
        header = f"Authorization: Bearer {token}"
        environ = {"SCIM_CLI_URL": f"{server}/scim/v2", "SCIM_CLI_HEADERS": header}
        done = CliRunner().invoke(cli, ["test", "--verbose"], env=environ)
        found = [(verdict, name) for verdict, name in _CHECK.findall(done.output)]
        failed = re.findall(r"^(?!SUCCESS)[A-Z]+ \S+\n(?: .*\n)*", done.output, re.M)
        assert done.exit_code == 0, (done.exception, failed)
        return found

    yield run
    for client in opened:
        client.close()


@needs.once
def test_every_check_passes_and_none_is_skipped_for_two_tenants(world: World, check: Check) -> None:
    """The command fails where any check does not succeed: a skipped one, too."""
    both = [check(token_of(corner)) for corner in (world.one, world.two)]
    for found in both:
        assert Counter(verdict for verdict, _name in found).keys() == {"SUCCESS"}, found
    assert both[0] == both[1]
    assert len(both[0]) > 30
    for corner in (world.one, world.two):
        with db.transaction(Mode.READ, corner.tenant_id):
            held = select(func.count()).select_from(ScimResource)
            assert session.scalar(held.where(ScimResource.gone_at.is_(None))) == 0, (
                "it takes away what it made"
            )
            assert session.scalar(select(func.count()).select_from(ScimMember)) == 0
