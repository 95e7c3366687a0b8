"""Two web servers answer for one installation, as a proxy would share people out: nobody notices which of them does.

Real servers over one database, each in a process of its own; one browser goes from one to the other.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests

from config import processes
from config.settings import ROOT, Settings
from lms.core import db
from lms.core.clock import now
from lms.people import hashing
from lms.people.keyed import keyed
from lms.people.models import Account, Failure
from lms.people.services import tries
from tests.support.servers import free_port
from tests.support.worlds import Someone, World

PASSWORD = "sept-pommes-bleues"


class Proxy:
    """A browser whose requests go to one server, then the other."""

    def __init__(self, addresses: list[str]) -> None:
        self.addresses, self.turn = addresses, 0
        self.browser = requests.Session()

    def get(self, path: str) -> requests.Response:
        return self.browser.get(self._next() + path, allow_redirects=False, timeout=30)

    def post(self, path: str, page: requests.Response, **values: str) -> requests.Response:
        """Send a form of ``page``, which the other server made."""
        token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert token
        values["csrf_token"] = token[1]
        return self.browser.post(self._next() + path, values, allow_redirects=False, timeout=30)

    def _next(self) -> str:
        self.turn += 1
        return self.addresses[self.turn % len(self.addresses)]


@pytest.fixture
def servers(world: World, settings: Settings) -> Iterator[list[str]]:
    """Two servers over the database of the test, whose broker is away; their addresses differ by the port, so a browser's cookies go to both."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LMS_")}
    environ = kept | {
        "LMS_DATABASE_URL": settings.database_url, "LMS_VAR": str(settings.var), "LMS_ENV": "test",
        "LMS_SECRET_KEY": settings.secret_key, "LMS_BASE_URL": "http://127.0.0.1",
        "LMS_QUEUE_URL": f"redis://127.0.0.1:{free_port()}/0",
    }  # fmt: skip
    ports = [free_port(), free_port()]
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
    running = [
        subprocess.Popen(
            [*command, "--log-level", "error", "--port", str(port), "wsgi:app"],
            cwd=ROOT,
            env=environ,
            start_new_session=True,
            preexec_fn=processes.dies_with_us(),
        )
        for port in ports
    ]
    addresses = [f"http://127.0.0.1:{port}" for port in ports]
    try:
        for address in addresses:
            _wait(address)
        yield addresses
    finally:
        for process in running:
            processes.stop(process)
            processes.sweep(process)


def _wait(address: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            return requests.get(f"{address}/healthz", timeout=5).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < end, "the server does not start"
            time.sleep(0.1)


def _give_password(who: Someone) -> None:
    hashed = hashing.hash_password(PASSWORD)
    with db.transaction():
        account = db.session.get(Account, who.account_id)
        assert account
        account.password_hash = hashed


def _tried(who: Someone, times: int) -> None:
    """So many wrong passwords, five minutes ago."""
    subject, before = keyed(tries.PASSWORD.purpose, f"account {who.account_id}"), now() - timedelta(minutes=5)
    with db.transaction():
        network = tries.network_of("127.0.0.1")
        db.session.add_all(Failure(subject=subject, address=network, at=before) for _ in range(times))


@pytest.mark.timeout(180)
def test_who_is_there_and_who_tried_too_often_is_known_to_both(servers: list[str], world: World) -> None:
    for who in (world.one.adviser, world.two.adviser):
        _give_password(who)
    claire = Proxy(servers)
    page = claire.get("/sign-in")
    answer = claire.post("/sign-in", page, login=world.one.adviser.login, password=PASSWORD)
    assert answer.status_code == 302
    pages = [claire.get("/cohorts") for _ in range(4)]
    assert [page.status_code for page in pages] == [200] * 4, "signed in at one, known at both"

    form = claire.get(f"/cohorts/{world.one.cohort_id}/settings")
    kept = claire.post(f"/cohorts/{world.one.cohort_id}/settings", form, name="Deux serveurs")
    assert kept.status_code == 302, "a form of one is taken by the other"
    assert "Les changements sont enregistrés." in claire.get(f"/cohorts/{world.one.cohort_id}").text
    assert all("Deux serveurs" in claire.get("/cohorts").text for _ in range(2))

    ordered = claire.post(
        "/reports/progress", claire.get("/reports"), cohort="", level="nominative", file="xlsx"
    )
    assert re.fullmatch(r"/jobs/\d+", ordered.headers["Location"]), (
        "work is asked for while the broker is away"
    )
    assert claire.get(ordered.headers["Location"]).status_code == 200

    stolen = Proxy(servers)
    stolen.browser.cookies.update(claire.browser.cookies)
    assert claire.post("/sign-out", claire.get("/cohorts")).status_code == 302
    assert [stolen.get("/cohorts").status_code for _ in range(2)] == [302, 302], (
        "signed out at one, out at both"
    )

    guesser = Proxy(servers)
    door = guesser.get("/sign-in")
    login = world.two.adviser.login
    _tried(world.two.adviser, 8)
    answers = [guesser.post("/sign-in", door, login=login, password=f"essai-{n}") for n in range(2)]
    assert [answer.status_code for answer in answers] == [422, 429], "the ninth, and for a while no tenth"
    for _ in servers:
        refused = guesser.post("/sign-in", door, login=login, password=PASSWORD)
        assert refused.status_code == 429, "tries at two doors add up, even for the right password"
        assert 30 < int(refused.headers["Retry-After"]) <= 80
