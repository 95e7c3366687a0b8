"""What is done with courses: brought in, brought up to date, published."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from lms.core import db, events, files, quotas, slugs
from lms.core.clock import now
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.courses import importer, queries
from lms.courses.events import CourseChanged
from lms.courses.importer import Draft, FileDraft, StepDraft, Unread
from lms.courses.lessons import slug_of
from lms.courses.models import Activity, Course, CourseState, Media, Module
from lms.organisations.models import Organisation


class SlugTaken(Refused):
    """Another organisation's course has this slug."""


class NothingToPublish(Refused):
    """A course without a step is no course yet."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import made of its source."""

    course: str
    modules: int
    activities: int
    questions: int
    unread: list[Unread] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The object that ``flask courses import --json`` prints."""
        return {
            "course": self.course, "modules": self.modules, "activities": self.activities,
            "questions": self.questions, "unread": [one.as_json() for one in self.unread],
        }  # fmt: skip


def import_folder(path: Path, organisation: Organisation, slug: str | None = None) -> ImportReport:
    """Read a course and write it, in one go. Raises ``Unusable`` or ``SlugTaken``.

    Where the time of a write transaction matters, call ``importer.read`` before it and ``keep`` in it.
    """
    return keep(importer.read(Path(path)), organisation, slug)


def keep(draft: Draft, organisation: Organisation, slug: str | None = None) -> ImportReport:
    """Write a draft as a new course, or over the organisation's course that has this slug already.

    Steps are recognised by their keys, so what learners have done is kept. A step that is gone from the draft is
    deleted, or set aside (``removed_at``) where somebody has a standing in it.
    """
    course = _course(draft, organisation, slug)
    modules = _modules(course, draft)
    _media(course, draft.files)
    _steps(course, draft.steps, modules)
    _forget_modules(course, modules)
    course.updated_at = now()
    course.steps = sum(step.is_mandatory for step in draft.steps)
    course.minutes = draft.minutes or sum(step.minutes for step in draft.steps if step.is_mandatory)
    session.flush()  # handlers count with what stands in the tables
    events.announce(CourseChanged(course.tenant_id, course.id, course.steps))
    questions = sum(step.questions for step in draft.steps)
    return ImportReport(course.slug, len(modules), len(draft.steps), questions, draft.unread)


def publish(course: Course) -> None:
    """Put a course on the shelf: from now on people may be put on it. Once is enough."""
    if not course.steps:
        raise NothingToPublish(
            _("This course has no step yet."), _("Bring its lessons in first, then publish it.")
        )
    if course.state is not CourseState.PUBLISHED:
        course.state = CourseState.PUBLISHED
        course.published_at = now()


def _course(draft: Draft, organisation: Organisation, slug: str | None) -> Course:
    wanted = slug_of(slug) if slug else ""
    course = queries.course_by_slug(organisation.tenant_id, wanted) if wanted else None
    if course is None:
        course = _new(draft, organisation, wanted)
    elif course.organisation_id != organisation.id:
        raise _taken(wanted)
    course.title, course.summary, course.presentation = draft.title, draft.summary, draft.presentation
    course.language, course.sheet = draft.language, draft.sheet
    return course


def _new(draft: Draft, organisation: Organisation, wanted: str) -> Course:
    """A course with a slug of its own: the wanted one, or one made of the title and numbered when taken."""
    base = wanted or slug_of(draft.title) or "course"

    def make(slug: str) -> Course:
        return Course(
            tenant_id=organisation.tenant_id, organisation_id=organisation.id, slug=slug, title=draft.title
        )

    made = slugs.added_with_first_free([base] if wanted else slugs.numbered(base), make)
    if made is None:
        raise _taken(base)
    return made


def _taken(slug: str) -> SlugTaken:
    return SlugTaken(
        _("Another organisation's course is already called %(slug)s.", slug=slug), _("Choose another name.")
    )


def _modules(course: Course, draft: Draft) -> dict[str, Module]:
    rows = select(Module).where(Module.tenant_id == course.tenant_id, Module.course_id == course.id)
    there = {module.key: module for module in session.scalars(rows)}
    found: dict[str, Module] = {}
    for position, (key, title) in enumerate(draft.modules.items(), 1):
        module = there.get(key) or Module(tenant_id=course.tenant_id, course_id=course.id, key=key)
        module.title, module.position = title, position
        found[key] = module
    session.add_all(found.values())
    session.flush()  # steps need the numbers of new modules
    return found


def _steps(course: Course, drafts: Iterable[StepDraft], modules: dict[str, Module]) -> None:
    rows = select(Activity).where(Activity.tenant_id == course.tenant_id, Activity.course_id == course.id)
    there = {activity.key: activity for activity in session.scalars(rows)}
    new: list[dict[str, Any]] = []
    for position, draft in enumerate(drafts, 1):
        values: dict[str, Any] = {
            "module_id": modules[draft.module].id, "kind": draft.kind, "title": draft.title,
            "minutes": draft.minutes, "position": position, "is_mandatory": draft.is_mandatory,
            "content": draft.content | {"course": course.slug}, "removed_at": None,
        }  # fmt: skip
        if activity := there.pop(draft.key, None):
            for name, value in values.items():
                setattr(activity, name, value)
        else:
            new.append(values | {"tenant_id": course.tenant_id, "course_id": course.id, "key": draft.key})
    if new:
        session.execute(insert(Activity), new)
    session.flush()  # the savepoints below must not undo these
    for activity in there.values():
        _remove(activity)


def _remove(activity: Activity) -> None:
    """Delete a step; where higher rooms point at it, the database refuses, and it is only set aside."""
    step = delete(Activity).where(Activity.tenant_id == activity.tenant_id, Activity.id == activity.id)
    try:
        with session.begin_nested():
            session.execute(step.execution_options(synchronize_session=False))
    except IntegrityError:
        activity.removed_at = activity.removed_at or now()
    else:
        session.expunge(activity)


def _forget_modules(course: Course, kept: dict[str, Module]) -> None:
    """Delete modules that have left the draft and hold no step that was set aside."""
    in_use = select(Activity.module_id).where(
        Activity.tenant_id == course.tenant_id, Activity.course_id == course.id
    )
    session.flush()  # the steps that have moved are asked for by the next statement
    session.execute(
        delete(Module).where(
            Module.tenant_id == course.tenant_id, Module.course_id == course.id,
            Module.key.not_in(list(kept)), Module.id.not_in(in_use),
        )
    )  # fmt: skip


def _media(course: Course, drafts: dict[str, FileDraft]) -> None:
    """Keep the files that are new or other than before; take away those that have left, once all is written."""
    rows = select(Media).where(Media.tenant_id == course.tenant_id, Media.course_id == course.id)
    there = {one.name: one for one in session.scalars(rows)}
    known = {name: (one.sha256, one.size) for name, one in there.items()}
    more = sum(draft.size for name, draft in drafts.items() if known.get(name, ("", 0))[0] != draft.sha256)
    less = sum(
        size for name, (sha256, size) in known.items() if name not in drafts or drafts[name].sha256 != sha256
    )
    quotas.demand_room(course.tenant_id, more - less)
    for name, draft in drafts.items():
        one = there.pop(name, None) or Media(tenant_id=course.tenant_id, course_id=course.id, name=name)
        if one.sha256 == draft.sha256:
            continue
        if one.file_key:
            _forget_file(one.file_key)
        one.file_key, one.media_type = _put(draft), draft.media_type
        one.sha256, one.size = draft.sha256, draft.size
        session.add(one)
    for gone in there.values():
        _forget_file(gone.file_key)
        session.delete(gone)


def _put(draft: FileDraft) -> str:
    if draft.path is None:
        return files.storage().put(draft.name, BytesIO(draft.content))
    with draft.path.open("rb") as stream:
        return files.storage().put(draft.name, stream)


def _forget_file(key: str) -> None:
    db.then(lambda: files.storage().delete(key))
