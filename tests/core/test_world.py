"""The small world that other tests live in."""

from collections.abc import Callable

from lms.core import db
from lms.organisations.queries import actor_by_key
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import World


def test_everybody_can_be_in_a_browser(world: World, visit: Callable[..., Visitor]) -> None:
    key = worlds.cookie_of(world.one.adviser)["_user_id"]
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        actor = actor_by_key(key)
    assert actor is not None
    assert actor.name == "Claire CANARI-1"
    assert visit(world.one.adviser).fetch("/healthz").status_code == 200


def test_a_cookie_opens_no_other_tenant(world: World) -> None:
    _, organisation, token = worlds.cookie_of(world.one.adviser)["_user_id"].split(".")
    with db.transaction(db.Mode.READ):
        assert actor_by_key(f"{world.two.tenant_id}.{world.two.agency_id}.{token}") is None
        assert actor_by_key(f"{world.two.tenant_id}.{organisation}.{token}") is None
