"""An administrator sets a provider up on its page: each step is tried, and what fails is explained."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from lms.core import db, sealing
from lms.core.db import Mode, session
from lms.sso.models import IdentityProvider
from tests.sso.forger import Forger
from tests.sso.scenes import SECRET, come_back, go, is_in, people, verbs
from tests.support.page import Page, Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def written(world: World, visitor: Visitor, issuer: str, kind: str = "openid", **more: str) -> Page:
    """Fill the form of a kind and send it."""
    visitor.get(f"/sso/providers/new/{kind}")
    typed = {
        "name": "Région", "organisation_id": str(world.one.agency_id), "issuer": issuer, "client_id": "kokoroe", "secret": SECRET,
        "default_role": "partner", "domains": "region.example\n@Agence.region.example",
    }  # fmt: skip
    return visitor.send(f"/new/{kind}", **typed | more)


def provider(world: World) -> IdentityProvider:
    with db.transaction(Mode.READ, world.one.tenant_id):
        found = session.scalars(select(IdentityProvider)).one()
        session.refresh(found)
        session.expunge(found)
        return found


def tried(visitor: Visitor, forger: Forger, **sent: str) -> Page:
    """Press the button, pass the provider, come back to the page."""
    assert visitor.page is not None
    form = next(f for f in visitor.page.all("form") if f.get("action", "").endswith("/try"))
    values = {f.get("name"): f.get("value") for f in form.iter("input")}
    left = visitor.client.post(form.get("action"), data=values)
    assert left.status_code == 302
    from urllib.parse import parse_qs, urlsplit

    asked = {k: v[0] for k, v in parse_qs(urlsplit(left.location).query).items()}
    slug = asked["redirect_uri"].split("/")[-2]
    back = come_back(visitor, slug, **({"code": forger.issue(asked), "state": asked["state"]} | sent))
    assert back.status_code == 302, back.get_data(as_text=True)
    return visitor.get(back.location)


def test_from_nothing_to_people_coming_in(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    visitor.get("/sso/providers")
    page = written(world, visitor, forger.url)
    assert "1. Enregistré" in page.words
    assert "http://localhost/sso/agence-1-openid/callback" in page.words
    made = provider(world)
    assert (made.state, made.organisation_id) == ("submitted", world.one.agency_id)
    assert sealing.unseal(made.client_secret or "") == SECRET
    assert visit().fetch(f"/sso/{made.slug}/start").status_code == 404
    assert not any(form.get("action", "").endswith(("/try", "/on")) for form in page.all("form")), (
        "one step at a time"
    )
    page = visitor.send("/read")
    assert provider(world).state == "discovered"
    assert f"form-action 'self' {forger.url};" in page.response.headers["Content-Security-Policy"]
    before = people()
    page = tried(visitor, forger)
    assert provider(world).state == "tested"
    assert all(text in page.words for text in ("Paula", "Roux", "paula@region.example"))
    assert people() == before, "a try makes nobody"
    assert "Paula" not in visitor.get(f"/sso/providers/{made.id}").words, "shown once"
    assert "alix" in visitor.get("/me").words, "whoever tries stays who they are"
    assert visit().fetch(f"/sso/{made.slug}/start").status_code == 404, "tried is not yet in use"
    visitor.get(f"/sso/providers/{made.id}")
    visitor.send("/on")
    coming = visit()
    assert go(coming, forger, made.slug).status_code == 302
    assert is_in(coming)
    assert [verb for verb in verbs() if verb.startswith("provider-")] == [
        "provider-submitted", "provider-discovered", "provider-tested", "provider-live",
    ]  # fmt: skip
    assert "1" in visitor.get("/sso/providers").words
    assert "Paula" in visitor.get(f"/sso/providers/{made.id}/people").words


def test_the_secret_is_never_shown_again(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    page = written(world, visitor, forger.url)
    made = provider(world)
    for path in (f"/sso/providers/{made.id}", f"/sso/providers/{made.id}/settings", "/sso/providers"):
        page = visitor.get(path)
        assert SECRET not in page.response.get_data(as_text=True)
        assert (made.client_secret or "") not in page.response.get_data(as_text=True)
    visitor.get(f"/sso/providers/{made.id}/settings")
    visitor.send("/settings", name="Autre nom")
    assert sealing.unseal(provider(world).client_secret or "") == SECRET, "an empty field leaves it"
    visitor.get(f"/sso/providers/{made.id}/settings")
    visitor.send("/settings", secret="another one, also long enough")
    assert sealing.unseal(provider(world).client_secret or "") == "another one, also long enough"
    visitor.get(f"/sso/providers/{made.id}/settings")
    page = visitor.send("/settings", issuer="")
    assert page.status == 422
    assert SECRET not in page.response.get_data(as_text=True)


#: What an administrator meets, and a word of what they read.
READING: dict[str, tuple[Callable[[Forger], Any], str]] = {
    "nobody there": (lambda f: setattr(f, "away", True), "Rien n’a répondu"),
    "another page": (lambda f: setattr(f, "metadata", lambda: {"hello": 1}), "annonce une autre adresse"),
    "another issuer": (
        lambda f: setattr(f, "metadata", lambda: {"issuer": "https://elsewhere.example"}),
        "annonce une autre adresse",
    ),
    "half of it": (lambda f: setattr(f, "metadata", lambda: {"issuer": f.url}), "tout ce qu’il faut"),
    "an open address": (
        lambda f: setattr(
            f, "metadata", lambda: Forger.metadata(f) | {"token_endpoint": "http://example.com/"}
        ),
        "n’est pas chiffrée",
    ),
    "no page": (lambda f: setattr(f, "url", f.url + "/nowhere"), "pas avec ce que publie"),
}


@pytest.mark.parametrize("what", READING)
def test_a_provider_that_cannot_be_read_is_explained(
    what: str, world: World, forger: Forger, visit: Visit
) -> None:
    change, sentence = READING[what]
    change(forger)
    visitor = visit(world.one.admin)
    written(world, visitor, "http://127.0.0.1:1" if what == "nobody there" else forger.url)
    page = visitor.send("/read")
    assert page.status == 200
    assert sentence in page.words
    assert provider(world).state == "submitted"
    assert "À corriger" in visitor.get("/sso/providers").words
    assert "provider-test-failed" in verbs()


#: What can go wrong on the way, and a word of what is read of it.
TRYING: dict[str, tuple[Callable[[Forger], Any], str]] = {
    "wrong secret": (
        lambda f: setattr(f, "_token", lambda _sent: (401, {"error": "invalid_client"})),
        "n’accepte pas notre identifiant",
    ),
    "code refused": (
        lambda f: setattr(f, "_token", lambda _sent: (400, {"error": "invalid_grant"})),
        "refusé son propre code",
    ),
    "no ID token": (
        lambda f: setattr(f, "_token", lambda _sent: (200, {"access_token": "a", "token_type": "Bearer"})),
        "pas dit qui venait",
    ),
    "their clock is slow": (
        lambda f: setattr(f, "bend", lambda c: c | {"iat": c["iat"] - 400, "exp": c["iat"] - 300}),
        "Comparez les horloges",
    ),
    "their clock is fast": (
        lambda f: setattr(f, "bend", lambda c: c | {"iat": c["iat"] + 300, "exp": c["iat"] + 400}),
        "Comparez les horloges",
    ),
    "another issuer in the token": (
        lambda f: setattr(f, "bend", lambda c: c | {"iss": "https://sts.example"}),
        "https://sts.example",
    ),
    "another application": (
        lambda f: setattr(f, "bend", lambda c: c | {"aud": "other-app"}),
        "destinée à une autre application",
    ),
    "another algorithm": (
        lambda f: setattr(f, "token", lambda c: f.raw({"alg": "HS256"}, c, b"k" * 40)),
        "n’est pas signée comme convenu",
    ),
    "an unknown key": (
        lambda f: setattr(f, "header", {"kid": "unheard-of"}),
        "clé que le fournisseur ne publie pas",
    ),
    "no name": (lambda f: setattr(f, "more", {}), "ne donne aucun nom"),
}


@pytest.mark.parametrize("what", TRYING)
def test_a_try_that_fails_is_explained(what: str, world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    change, sentence = TRYING[what]
    change(forger)
    page = tried(visitor, forger)
    assert sentence in page.words
    assert provider(world).state == "discovered"
    assert not any(form.get("action", "").endswith("/on") for form in page.all("form"))


def test_a_provider_that_says_no_is_explained(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    page = tried(visitor, forger, error="access_denied", error_description="AADSTS50105 not assigned")
    assert "n’a laissé passer personne" in page.words
    assert "AADSTS50105" in page.words


def test_a_change_of_what_counts_must_be_tried_again(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    tried(visitor, forger)
    visitor.send("/on")
    number, slug = provider(world).id, provider(world).slug
    visitor.get(f"/sso/providers/{number}/settings")
    visitor.send("/settings", name="La Région", domains="region.example")
    assert provider(world).state == "live"
    visitor.get(f"/sso/providers/{number}/settings")
    page = visitor.send("/settings", client_id="another")
    assert "personne n’entre par lui" in page.words
    assert provider(world).state == "submitted"
    assert visit().fetch(f"/sso/{slug}/start").status_code == 404


def test_a_short_secret_signs_nothing_even_if_it_is_kept_already(
    world: World, forger: Forger, visit: Visit
) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url, secret="short")
    visitor.get(f"/sso/providers/{provider(world).id}/settings")
    page = visitor.send("/settings", algorithm="HS256")
    assert page.status == 422
    assert "secret si court" in page.words


def test_off_and_on_again(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    tried(visitor, forger)
    visitor.send("/on")
    slug = provider(world).slug
    page = visitor.send("/off")
    assert "Désactivé" in page.words
    assert visit().fetch(f"/sso/{slug}/start").status_code == 404
    visitor.send("/on")
    assert go(visit(), forger, slug).status_code == 302


def test_one_that_nobody_came_by_can_be_taken_away(world: World, forger: Forger, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    page = visitor.send("/remove")
    assert "est supprimé" in page.words
    assert "Aucun fournisseur pour l’instant" in page.words
    written(world, visitor, forger.url)
    visitor.send("/read")
    tried(visitor, forger)
    visitor.send("/on")
    made = provider(world)
    go(visit(), forger, made.slug)
    page = visitor.get(f"/sso/providers/{made.id}")
    assert not any(form.get("action", "").endswith("/remove") for form in page.all("form"))
    token = next(f.get("value") for f in page.all("input") if f.get("name") == "csrf_token")
    answer = visitor.client.post(f"/sso/providers/{made.id}/remove", data={"csrf_token": token})
    assert answer.status_code == 409
    assert provider(world).is_live


def test_a_secret_that_no_key_opens_any_more_is_explained(world: World, forger: Forger, visit: Visit) -> None:
    """The installation's key was lost: nothing breaks, and the page says to copy the secret anew."""
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    with db.transaction(tenant_id=world.one.tenant_id):
        session.query(IdentityProvider).one().client_secret = "sealed with another key"
    forger._token = lambda sent: (401, {"error": "invalid_client"})  # type: ignore[method-assign]
    assert "Copiez-les à nouveau" in tried(visitor, forger).words


def test_nothing_goes_live_untried(world: World, forger: Forger, visit: Visit) -> None:
    """Even if the button is pressed that is not there."""
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    token = next(f.get("value") for f in visitor.page.all("input") if f.get("name") == "csrf_token")  # type: ignore[union-attr]
    answer = visitor.client.post(f"/sso/providers/{provider(world).id}/on", data={"csrf_token": token})
    assert answer.status_code == 409
    assert provider(world).state == "discovered"


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"issuer": "region.example"}, "https://"),
        ({"issuer": "http://region.example"}, "lus en chemin"),
        ({"issuer": "https://user@region.example"}, "https://"),
        ({"client_id": ""}, "Copiez l’identifiant"),
        ({"domains": "gmail.com"}, "N’importe qui peut avoir une adresse chez gmail.com"),
        ({"domains": "pas un domaine"}, "n’est pas un domaine"),
        ({"scopes": "profile"}, "openid doit en faire partie"),
        ({"algorithm": "HS256", "secret": "short"}, "secret si court"),
        ({"default_role": "admin"}, ""),
        ({"organisation_id": "999999"}, ""),
        ({"name": ""}, "Écrivez le nom"),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(
    typed: dict[str, str], sentence: str, world: World, forger: Forger, visit: Visit
) -> None:
    visitor = visit(world.one.admin)
    page = written(world, visitor, **{"issuer": forger.url} | typed)
    assert page.status == 422
    assert sentence in page.words
    kept = {field.get("name"): field.get("value") for field in page.all("input")}
    assert kept["name"] == typed.get("name", "Région"), "what was typed stays"
    assert not kept.get("secret")


def test_each_kind_asks_for_what_it_needs(world: World, visit: Visit) -> None:
    visitor = visit(world.one.admin)
    visitor.get("/sso/providers/new")
    for kind, needs, spares in (
        ("openid", {"levels", "algorithm"}, set()),
        ("france-connect", {"algorithm"}, {"levels"}),
        ("france-connect-plus", {"levels"}, {"algorithm"}),
        ("pro-connect", {"levels", "algorithm"}, set()),
        ("france-travail", {"option_api"}, set()),
    ):
        page = visitor.get(f"/sso/providers/new/{kind}")
        fields = {one.get("name") for one in [*page.all("input"), *page.all("select")]}
        assert needs <= fields, kind
        assert not spares & fields, kind
    assert visitor.get("/sso/providers/new/unheard-of").status == 404


def test_only_administrators_set_providers_up(world: World, forger: Forger, visit: Visit) -> None:
    written(world, visit(world.one.admin), forger.url)
    number = provider(world).id
    for who in ("hr", "adviser", "trainer", "partner", "learner"):
        assert visit(world.one.people[who]).get("/sso/providers").status == 403
        assert visit(world.one.people[who]).get(f"/sso/providers/{number}").status in (403, 404)
    assert visit(world.two.admin).get(f"/sso/providers/{number}").status == 404


def test_a_try_belongs_to_whoever_began_it(world: World, forger: Forger, visit: Visit) -> None:
    """Somebody else's browser that comes back with it learns and changes nothing."""
    visitor = visit(world.one.admin)
    written(world, visitor, forger.url)
    visitor.send("/read")
    form = next(f for f in visitor.page.all("form") if f.get("action", "").endswith("/try"))  # type: ignore[union-attr]
    left = visitor.client.post(
        form.get("action"), data={f.get("name"): f.get("value") for f in form.iter("input")}
    )
    with visitor.client.session_transaction() as cookie:
        kept = dict(cookie["sso"])
    from urllib.parse import parse_qs, urlsplit

    asked = {k: v[0] for k, v in parse_qs(urlsplit(left.location).query).items()}
    for other in (visit(world.one.hr), visit(world.two.admin), visit()):
        with other.client.session_transaction() as cookie:
            cookie["sso"] = kept | {"state": asked["state"]}
        answer = come_back(other, provider(world).slug, code=forger.issue(asked), state=asked["state"])
        assert answer.status_code in (403, 404)
    assert provider(world).state == "discovered"
