"""What every story needs: workers that do what waits, and ways to follow a page."""

from collections.abc import Callable

import pytest

from lms.core import db, jobs, worker
from tests.support.page import Page, Visitor

Visit = Callable[..., Visitor]


@pytest.fixture
def work() -> Callable[[], None]:
    """``work()``: the workers have done whatever waited."""

    def do_all() -> None:
        while (run := jobs.claim(worker.me())) is not None:
            run.run()
            db.session.remove()

    return do_all


def link(page: Page, *parts: str) -> str:
    """The first address of a page that holds all these parts. Raises ``StopIteration`` where there is none."""
    return next(one for one in page.links() if all(part in one for part in parts))


def taken(visitor: Visitor, path: str) -> bytes:
    """The file at an address."""
    with visitor.fetch(path) as answer:
        assert answer.status_code == 200, path
        return answer.get_data()


def status(visitor: Visitor, path: str) -> int:
    """How an address answers."""
    with visitor.fetch(path) as answer:
        return answer.status_code
