"""Curricula put together."""

import pytest

from lms.core import db
from lms.core.db import session
from lms.courses.models import Course, CourseState
from lms.curricula import queries, services
from lms.curricula.services import SlugTaken, UnknownCourse
from lms.organisations.models import Organisation
from tests.support import worlds
from tests.support.worlds import Corner, World


def _add(corner: Corner, slug: str, title: str, *courses: str) -> str:
    with db.transaction(tenant_id=corner.tenant_id):
        return services.add(slug, title, session.get_one(Organisation, corner.root_id), courses).slug


@pytest.fixture
def two_courses(world: World) -> World:
    with db.transaction(tenant_id=world.one.tenant_id):
        worlds.course(world.one.tenant_id, world.one.root_id, "second", "Second")
    return world


def test_courses_keep_the_order_given_and_come_once(two_courses: World) -> None:
    _add(two_courses.one, "deux", "Deux cours", "second", "cours-1", "second")
    with db.transaction(db.Mode.READ, two_courses.one.tenant_id):
        made = queries.by_slug(two_courses.one.tenant_id, "deux")
        assert made is not None
        assert [row.Course.slug for row in queries.steps(made)] == ["second", "cours-1"]
        second, first = queries.courses_of(two_courses.one.tenant_id, made.id)
        assert first == (two_courses.one.course_id, 2)
        assert second[1] == 1


def test_a_slug_comes_from_the_title_and_is_numbered_when_taken(world: World) -> None:
    slugs = [
        _add(world.one, "", "Été numérique", "cours-1"), _add(world.two, "", "Été numérique", "cours-2"),
        _add(world.one, "", "New", "cours-1"), _add(world.one, "", "？？", "cours-1"),
    ]  # fmt: skip
    assert slugs == ["ete-numerique", "ete-numerique-2", "new-2", "parcours"]


def test_a_wanted_slug_that_is_taken_is_refused(world: World) -> None:
    _add(world.one, "parcours", "A", "cours-1")
    with pytest.raises(SlugTaken):
        _add(world.two, "parcours", "B", "cours-2")


@pytest.mark.parametrize("courses", [(), ("absent",), ("cours-2",), ("cours-1", "absent")])
def test_only_courses_of_the_tenant_that_are_there(world: World, courses: tuple[str, ...]) -> None:
    with pytest.raises(UnknownCourse) as refusal:
        _add(world.one, "x", "X", *courses)
    assert refusal.value.remedy


def test_a_draft_is_not_put_into_a_path(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Course, world.one.course_id).state = CourseState.DRAFT
    with pytest.raises(UnknownCourse, match="CANARI-1"):
        _add(world.one, "x", "X", "cours-1")
