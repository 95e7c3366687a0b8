"""The pages, as people open them."""

from collections.abc import Callable

from lms.core.web import IDLE_SECONDS
from tests.support.page import Visitor
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def test_every_page_opens(world: World, visit: Visit) -> None:
    one, claire = world.one, visit(world.one.adviser)
    assert IDLE_SECONDS
    for path in ("", "/new", f"/{one.cohort_id}", f"/{one.cohort_id}/settings", f"/{one.cohort_id}/add",
                 f"/{one.cohort_id}/sharing", "/imports/new"):  # fmt: skip
        page = claire.get(f"/cohorts{path}")
        assert page.status == 200, (path, page.words)
