"""Signing in through two real providers on the loopback: PyPI oidc-provider-mock and npm oidc-provider."""

import re
import subprocess
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests

from config.settings import ROOT
from lms.core import db
from lms.core.db import session
from lms.organisations.models import Organisation, Role
from lms.people.models import Person
from lms.sso import services
from tests.support import needs
from tests.support.page import Visitor
from tests.support.servers import free_port
from tests.support.worlds import World

CALLBACK = "http://localhost/sso/region/callback"
SECRET = "a secret that is long enough"


@contextmanager
def mock() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries speak of their future
        import oidc_provider_mock

        person = oidc_provider_mock.User(
            sub="camille", claims={"given_name": "Camille", "family_name": "Roux"}
        )
        with oidc_provider_mock.run_server_in_thread(user_claims=[person], require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


@contextmanager
def strict() -> Iterator[str]:
    if not (ROOT / "node_modules/oidc-provider").is_dir():
        pytest.skip("npm oidc-provider is not installed: make setup-test")
    port = free_port()
    command = [needs.node(), str(Path(__file__).with_name("provider.mjs")), str(port), CALLBACK]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert process.stdout is not None
        assert b"ready" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def trust(world: World, issuer: str) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        root = session.get_one(Organisation, world.one.root_id)
        made = services.add(
            root, "region", "Région", issuer, "kokoroe", secret=SECRET, default_role=Role.PARTNER
        )
        services.link(made, "camille", session.get_one(Person, world.one.partner.person_id))


def through_the_mock(address: str) -> str:
    """Sign in there as a person would; the address it sends the browser back to."""
    with requests.Session() as browser:
        browser.trust_env = False
        page = browser.get(address, timeout=10)
        assert page.status_code == 200
        answer = browser.post(address, data={"sub": "camille"}, allow_redirects=False, timeout=10)
        return answer.headers["Location"]


def through_the_strict(address: str) -> str:
    """Fill its two development forms (who are you, do you agree); the address it sends the browser back to."""
    with requests.Session() as browser:
        browser.trust_env = False
        answer = browser.get(address, allow_redirects=False, timeout=10)
        for _ in range(12):
            if answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                if target.startswith(CALLBACK):
                    return target
                answer = browser.get(target, allow_redirects=False, timeout=10)
                continue
            form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
            assert form, answer.text[:500]
            prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
            sent = {"prompt": prompt[1] if prompt else "login", "login": "camille", "password": "x"}
            answer = browser.post(urljoin(answer.url, form[1]), data=sent, allow_redirects=False, timeout=10)
        raise AssertionError("the provider never sent the browser back")


@pytest.mark.parametrize(
    ("provider", "through"), [(mock, through_the_mock), (strict, through_the_strict)], ids=["mock", "strict"]
)
def test_a_partner_signs_in_through_its_own_provider(
    world: World,
    visit: Callable[..., Visitor],
    provider: Callable[[], "Iterator[str]"],
    through: Callable[[str], str],
) -> None:
    with provider() as issuer:  # type: ignore[attr-defined]
        trust(world, issuer)
        visitor = visit()
        page = visitor.get("/sign-in")
        assert any("/sso/region/start" in link for link in page.links())
        left = visitor.fetch("/sso/region/start?next=/me")
        assert left.status_code == 302
        back = through(left.location)
        assert back.startswith(CALLBACK)
        answer = visitor.client.get(back.removeprefix("http://localhost"))
        assert (answer.status_code, answer.location) == (302, "/me")
        assert world.one.partner.name in visitor.get("/me").words
        again = visitor.client.get(back.removeprefix("http://localhost"))
        assert again.status_code == 403
