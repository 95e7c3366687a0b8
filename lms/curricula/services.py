"""What is done with curricula: put together."""

from collections.abc import Sequence

from sqlalchemy import select

from lms.core import slugs
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.courses.lessons import slug_of
from lms.courses.models import Course, CourseState
from lms.curricula.models import Curriculum, CurriculumStep
from lms.organisations.models import Organisation

_OWN_PAGES = {"new"}  #: addresses below /curricula that are not a curriculum


class UnknownCourse(Refused):
    """A curriculum is made of courses that are there and published."""


class SlugTaken(Refused):
    """Another curriculum has this slug."""


def add(
    slug: str, title: str, organisation: Organisation, course_slugs: Sequence[str], summary: str = ""
) -> Curriculum:
    """A curriculum of these courses, in this order. An empty ``slug`` is made of the title, numbered when taken."""
    wanted = list(dict.fromkeys(course_slugs))
    if not wanted:
        raise UnknownCourse(_("A curriculum needs a course."), _("Choose at least one."))
    rows = select(Course).where(Course.tenant_id == organisation.tenant_id, Course.slug.in_(wanted))
    found = {course.slug: course for course in session.scalars(rows)}
    for one in wanted:
        _check(one, found.get(one))
    made = _new(slug, title, organisation, summary)
    session.add_all(
        CurriculumStep(
            tenant_id=organisation.tenant_id, curriculum_id=made.id, course_id=found[one].id, position=position
        )
        for position, one in enumerate(wanted, 1)
    )  # fmt: skip
    return made


def _check(slug: str, course: Course | None) -> None:
    if course is None:
        raise UnknownCourse(_("No course is called %(slug)s.", slug=slug), _("Bring it in first."))
    if course.state is not CourseState.PUBLISHED:
        said = _("The course %(title)s is not published.", title=course.title)
        raise UnknownCourse(said, _("Publish it first."))


def _new(slug: str, title: str, organisation: Organisation, summary: str) -> Curriculum:
    """The database says whether a slug is free: those of other tenants can't be seen from here."""
    base = slug_of(slug) if slug else slug_of(title) or "parcours"

    def make(name: str) -> Curriculum:
        return Curriculum(
            tenant_id=organisation.tenant_id,
            organisation_id=organisation.id,
            slug=name,
            title=title,
            summary=summary,
        )

    names = [base] if slug and base not in _OWN_PAGES else slugs.numbered(base, _OWN_PAGES)
    made = slugs.added_with_first_free(names, make)
    if made is None:
        raise SlugTaken(
            _("Another curriculum is already called %(slug)s.", slug=base), _("Choose another name.")
        )
    return made
