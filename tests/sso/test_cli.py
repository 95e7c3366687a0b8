"""``flask sso``: a provider on the word of whoever runs the house."""

from collections.abc import Callable

from flask import Flask

from tests.sso.forger import Forger
from tests.sso.scenes import go, is_in
from tests.support.page import Visitor
from tests.support.worlds import World


def said(app: Flask, *words: str) -> tuple[int, str]:
    """Exit status and what people read."""
    done = app.test_cli_runner().invoke(args=["sso", *words])
    return done.exit_code, done.output


def add(app: Flask, issuer: str, *more: str) -> tuple[int, str]:
    common = ["region", "--organisation", "reseau-1", "--name", "Région", "--client-id", "kokoroe"]
    return said(app, "add", *common, "--issuer", issuer, *more)


def test_added_and_tied_somebody_comes_in(
    app: Flask, world: World, forger: Forger, visit: Callable[..., Visitor]
) -> None:
    assert add(app, forger.url)[0] == 0
    assert go(visit(), forger).status_code == 403, "only the invited come in"
    assert said(app, "link", "region", "paula", world.one.partner.login)[0] == 0
    visitor = visit()
    assert go(visitor, forger).status_code == 302
    assert is_in(visitor)


def test_what_cannot_be_is_refused_with_a_reason(app: Flask, world: World, forger: Forger) -> None:
    status, words = add(app, "http://127.0.0.1:1")
    assert (status, "silent" in words) == (1, True)
    status, words = add(app, forger.url, "--kind", "unheard-of")
    assert (status, "france-connect" in words) == (2, True)
    assert said(app, "link", "nowhere", "paula", world.one.partner.login)[0] == 2
    assert add(app, forger.url)[0] == 0
    assert said(app, "link", "region", "paula", world.two.partner.login)[0] == 2, "nobody of another customer"
