"""Real providers on the loopback, written by others: PyPI oidc-provider-mock, npm oidc-provider, and canaille."""

import importlib.util
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from lxml import html

from config.settings import ROOT
from lms.core import db
from lms.core.db import Mode, session
from lms.organisations.models import Role
from lms.sso.models import IdentityProvider
from tests.sso import canaille_at
from tests.sso.scenes import is_in, people, tied, trusted
from tests.support import needs
from tests.support.page import Visitor
from tests.support.servers import free_port
from tests.support.worlds import World

Visit = Callable[..., Visitor]
CALLBACK = "http://localhost/sso/region/callback"
AFTER = "http://localhost/sso/region/left"
SECRET = canaille_at.SECRET
_YES = [
    "accept",
    "yes",
    "logout",
]  #: what is answered to "do you agree" and "do you leave", the first that is offered


@contextmanager
def mock() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its libraries speak of their future
        import oidc_provider_mock

        claims = {"given_name": "Camille", "family_name": "Roux", "email": "camille@region.example"}
        person = oidc_provider_mock.User(sub="camille", claims=claims)
        with oidc_provider_mock.run_server_in_thread(user_claims=[person], require_nonce=True) as server:
            yield f"http://localhost:{server.server_port}"


@contextmanager
def _running(command: list[str], port: int) -> Iterator[str]:
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


@contextmanager
def npm() -> Iterator[str]:
    if not (ROOT / "node_modules/oidc-provider").is_dir():
        pytest.skip("npm oidc-provider is not installed: make setup-test")
    port = free_port()
    script = str(Path(__file__).with_name("provider.mjs"))
    with _running([needs.node(), script, str(port), CALLBACK, AFTER], port) as issuer:
        yield issuer


@contextmanager
def canaille() -> Iterator[str]:
    if importlib.util.find_spec("canaille") is None:
        pytest.skip("canaille is not installed: make setup-test")
    port = free_port()
    with _running(
        [sys.executable, "-m", "tests.sso.canaille_at", str(port), CALLBACK, AFTER], port
    ) as issuer:
        yield issuer


@dataclass
class Browser:
    """Somebody with a browser over there: follows redirects and fills the forms that it is shown, until it is sent back."""

    typed: dict[str, str]

    def __enter__(self) -> "Browser":
        self.session = requests.Session()
        self.session.trust_env = False
        return self

    def __exit__(self, *_: Any) -> None:
        self.session.close()

    def through(self, address: str, until: str) -> str:
        """The address of ours to which it is sent back in the end."""
        answer = self.session.get(address, allow_redirects=False, timeout=10)
        for _ in range(15):
            if answer.is_redirect:
                target = urljoin(answer.url, answer.headers["Location"])
                if target.startswith(until):
                    return target
                answer = self.session.get(target, allow_redirects=False, timeout=10)
                continue
            answer = self._fill(answer)
        raise AssertionError("the provider never sent the browser back")

    def _fill(self, answer: requests.Response) -> requests.Response:
        assert answer.status_code == 200, answer.text[:500]
        form = next(one for one in html.fromstring(answer.text).forms if one.method.lower() == "post")
        values = {name: self.typed.get(name, value or "") for name, value in form.form_values()}
        values |= {name: text for name, text in self.typed.items() if name in form.fields}
        buttons = [one for one in form.iter("button") if one.get("name")]
        agreeing = sorted(
            buttons, key=lambda one: _YES.index(one.get("value")) if one.get("value") in _YES else 9
        )
        values |= {one.get("name"): one.get("value", "") for one in agreeing[:1]}
        where = urljoin(answer.url, form.get("action") or answer.url)
        headers = {"Referer": answer.url}
        return self.session.post(where, data=values, headers=headers, allow_redirects=False, timeout=10)


#: How each is answered: what is typed into its forms.
PROVIDERS: dict[str, tuple[Any, dict[str, str]]] = {
    "mock": (mock, {"sub": "camille"}),
    "npm oidc-provider": (npm, {"login": "camille", "password": "x"}),
    "canaille": (canaille, {"login": "camille", "password": canaille_at.PASSWORD}),
}


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_partner_signs_in_and_out_through_its_own_provider(name: str, world: World, visit: Visit) -> None:
    provider, typed = PROVIDERS[name]
    with provider() as issuer, Browser(typed) as browser:
        number = trusted(world.one, issuer, secret=SECRET)
        tied(world.one, number, "camille", world.one.partner.person_id)
        visitor = visit()
        assert any("/sso/region/start" in link for link in visitor.get("/sign-in").links())
        left = visitor.fetch("/sso/region/start?next=/me")
        assert left.status_code == 302
        back = browser.through(left.location, CALLBACK)
        answer = visitor.client.get(back.removeprefix("http://localhost"))
        assert (answer.status_code, answer.location) == (302, "/me"), answer.get_data(as_text=True)
        assert world.one.partner.name in visitor.get("/me").words
        again = visitor.client.get(back.removeprefix("http://localhost"))
        assert again.status_code == 403
        visitor.get("/me")
        page = visitor.send("/sign-out")
        assert not is_in(visitor)
        if outward := [link for link in page.links() if link.startswith(issuer)]:
            after = browser.through(outward[0], AFTER)
            assert visitor.get(after.removeprefix("http://localhost")).status == 200
        assert outward or name == "mock", "it would leave an open session behind"


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_administrator_sets_it_up_and_a_newcomer_comes_in(name: str, world: World, visit: Visit) -> None:
    provider, typed = PROVIDERS[name]
    with provider() as issuer, Browser(typed) as browser:
        admin = visit(world.one.admin)
        admin.get("/sso/providers/new/openid")
        admin.send("/new/openid", name="Région", organisation_id=str(world.one.root_id), issuer=issuer, client_id="kokoroe", secret=SECRET, default_role=Role.PARTNER.value)  # fmt: skip
        with db.transaction(tenant_id=world.one.tenant_id):
            session.query(IdentityProvider).one().slug = "region"  # the address that is registered over there
        admin.get(f"/sso/providers/{_number(world)}")
        assert "publie ce qu’il faut" in admin.send("/read").words
        form = next(one for one in admin.page.all("form") if one.get("action", "").endswith("/try"))  # type: ignore[union-attr]
        left = admin.client.post(
            form.get("action"), data={one.get("name"): one.get("value") for one in form.iter("input")}
        )
        back = browser.through(left.location, CALLBACK)
        page = admin.get(back.removeprefix("http://localhost"))
        assert "Camille" in page.words
        admin.send("/on")
        before, visitor = people(), visit()
        with Browser(typed) as another:
            back = another.through(visitor.fetch("/sso/region/start?next=/reports").location, CALLBACK)
        answer = visitor.client.get(back.removeprefix("http://localhost"))
        assert (answer.status_code, answer.location) == (302, "/reports")
        assert people() == before + 1
        assert "Camille Roux" in visitor.get("/me").words


def _number(world: World) -> int:
    with db.transaction(Mode.READ, world.one.tenant_id):
        return session.query(IdentityProvider).one().id
