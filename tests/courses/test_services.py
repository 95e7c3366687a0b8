"""Courses brought in, brought up to date without losing progress, published."""

from pathlib import Path

import pytest
from sqlalchemy import select

from lms.core import db, events, files
from lms.core.clock import now
from lms.core.db import session
from lms.core.events import Event
from lms.courses import importer, queries, services
from lms.courses.events import CourseChanged
from lms.courses.importer import Draft, StepDraft
from lms.courses.models import Activity, Course, CourseState, Media, Module
from lms.courses.services import ImportReport, NothingToPublish, SlugTaken
from lms.enrolment.models import Enrolment
from lms.organisations.models import Organisation
from lms.progress.models import Standing
from tests.courses import folders
from tests.support.queries import statements
from tests.support.worlds import Corner, World


def _keep(corner: Corner, path: Path, slug: str | None = None, organisation_id: int = 0) -> ImportReport:
    draft = importer.read(path)
    with db.transaction(tenant_id=corner.tenant_id):
        return services.keep(draft, session.get_one(Organisation, organisation_id or corner.root_id), slug)


def _course(corner: Corner, slug: str) -> Course:
    with db.transaction(db.Mode.READ, corner.tenant_id):
        course = queries.course_by_slug(corner.tenant_id, slug)
    assert course is not None
    return course


def _activities(corner: Corner, slug: str) -> list[Activity]:
    course = _course(corner, slug)
    with db.transaction(db.Mode.READ, corner.tenant_id):
        rows = select(Activity).where(Activity.tenant_id == corner.tenant_id, Activity.course_id == course.id)
        return list(session.scalars(rows.order_by(Activity.position, Activity.id)))


def test_a_course_is_written_as_the_draft_says(world: World, tmp_path: Path) -> None:
    report = _keep(world.one, folders.course(tmp_path / "c"))
    assert report.as_json() == {
        "course": "le-courriel",
        "modules": 1,
        "activities": 3,
        "questions": 2,
        "unread": [],
    }
    course = _course(world.one, "le-courriel")
    assert (course.title, course.state, course.steps, course.minutes) == (
        "Le courriel",
        CourseState.DRAFT,
        3,
        7,
    )
    steps = _activities(world.one, "le-courriel")
    assert [(one.position, one.key, one.kind) for one in steps] == [
        (1, "1-a-quoi-sert", "page"), (2, "2-lire", "page"), (3, "10-quiz", "quiz"),
    ]  # fmt: skip
    assert steps[0].content["course"] == "le-courriel"


def test_the_slug_is_numbered_when_taken_also_by_another_tenant(world: World, tmp_path: Path) -> None:
    path = folders.course(tmp_path / "c")
    slugs = [_keep(corner, path).course for corner in (world.one, world.two, world.one)]
    assert slugs == ["le-courriel", "le-courriel-2", "le-courriel-3"]


def test_a_wanted_slug_of_somebody_else_is_refused(world: World, tmp_path: Path) -> None:
    path = folders.course(tmp_path / "c")
    _keep(world.one, path, "mail")
    with pytest.raises(SlugTaken):
        _keep(world.two, path, "mail")
    with pytest.raises(SlugTaken):
        _keep(world.one, path, "mail", world.one.agency_id)


def test_a_second_import_keeps_numbers_standings_and_state(world: World, tmp_path: Path) -> None:
    root = folders.course(tmp_path / "c")
    _keep(world.one, root, "mail")
    before = {one.key: one.id for one in _activities(world.one, "mail")}
    with db.transaction(tenant_id=world.one.tenant_id):
        course = queries.course_by_slug(world.one.tenant_id, "mail")
        assert course is not None
        services.publish(course)
        enrolment = session.scalars(select(Enrolment).filter_by(tenant_id=world.one.tenant_id).limit(1)).one()
        standing = Standing(
            tenant_id=world.one.tenant_id,
            enrolment_id=enrolment.id,
            activity_id=before["2-lire"],
            done_at=now(),
        )
        session.add(standing)
    (root / "1-a-quoi-sert.md").unlink()
    (root / "2-lire.md").unlink()
    folders.write(
        root, {"3-nouveau.md": "# Nouveau\n\nTexte", "10-quiz.md": "---\ntitle: Autre nom\n---\nTexte"}
    )
    report = _keep(world.one, root, "mail")
    steps = {one.key: one for one in _activities(world.one, "mail")}
    assert (report.activities, report.course) == (2, "mail")
    assert set(steps) == {"2-lire", "3-nouveau", "10-quiz"}  # one is gone, one is set aside
    assert steps["2-lire"].removed_at is not None
    assert (steps["10-quiz"].id, steps["10-quiz"].title, steps["10-quiz"].kind) == (
        before["10-quiz"],
        "Autre nom",
        "page",
    )
    course = _course(world.one, "mail")
    assert (course.state, course.steps) == (CourseState.PUBLISHED, 2)
    folders.write(root, {"2-lire.md": "# De retour\n\nTexte"})
    _keep(world.one, root, "mail")
    back = {one.key: one for one in _activities(world.one, "mail")}["2-lire"]
    assert (back.id, back.removed_at, back.title) == (before["2-lire"], None, "De retour")


def test_modules_that_have_left_go_unless_a_step_was_set_aside_in_them(world: World, tmp_path: Path) -> None:
    root = folders.write(tmp_path / "c", {"a/1.md": "Texte", "b/1.md": "Texte", "c/1.md": "Texte"})
    _keep(world.one, root, "cours-en-parties")
    steps = {one.key: one.id for one in _activities(world.one, "cours-en-parties")}
    with db.transaction(tenant_id=world.one.tenant_id):
        enrolment = session.scalars(select(Enrolment).filter_by(tenant_id=world.one.tenant_id).limit(1)).one()
        session.add(
            Standing(tenant_id=world.one.tenant_id, enrolment_id=enrolment.id, activity_id=steps["b/1"])
        )
    for name in ("a", "b"):
        (root / name / "1.md").unlink()
    _keep(world.one, root, "cours-en-parties")
    course = _course(world.one, "cours-en-parties")
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        rows = select(Module.key).where(
            Module.tenant_id == world.one.tenant_id, Module.course_id == course.id
        )
        assert sorted(session.scalars(rows)) == ["b", "c"]


def test_files_are_stored_once_and_replaced_when_they_change(world: World, tmp_path: Path) -> None:
    root = folders.course(tmp_path / "c")

    def kept() -> list[tuple[int, str]]:
        with db.transaction(db.Mode.READ, world.one.tenant_id):
            rows = select(Media.id, Media.file_key).where(Media.tenant_id == world.one.tenant_id)
            return [(row.id, row.file_key) for row in session.execute(rows)]

    _keep(world.one, root, "mail")
    ((number, first),) = kept()
    _keep(world.one, root, "mail")
    assert kept() == [(number, first)]
    with files.storage().open(first) as stream:
        assert stream.read().startswith(b"<?xml")
    folders.write(root, {"images/liste.svg": folders.DRAWING.replace("40", "50")})
    _keep(world.one, root, "mail")
    ((same, other),) = kept()
    assert (same, other != first, files.storage().exists(first)) == (number, True, False)
    (root / "images/liste.svg").unlink()
    _keep(world.one, root, "mail")
    assert (kept(), files.storage().exists(other)) == ([], False)


def test_a_refusal_takes_nothing_away(world: World, tmp_path: Path) -> None:
    root = folders.course(tmp_path / "c")
    _keep(world.one, root, "mail")
    draft = importer.read(folders.write(root, {"images/liste.svg": folders.DRAWING.replace("40", "60")}))
    with pytest.raises(RuntimeError), db.transaction(tenant_id=world.one.tenant_id):
        services.keep(draft, session.get_one(Organisation, world.one.root_id), "mail")
        raise RuntimeError
    with db.transaction(db.Mode.READ, world.one.tenant_id):
        keys = session.scalars(select(Media.file_key).where(Media.tenant_id == world.one.tenant_id)).all()
    assert len(keys) == 1
    assert files.storage().exists(keys[0])


def test_those_who_keep_totals_are_told(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[Event] = []
    monkeypatch.setattr(events, "announce", heard.append)
    _keep(world.one, folders.course(tmp_path / "c"), "mail")
    course = _course(world.one, "mail")
    assert heard == [CourseChanged(world.one.tenant_id, course.id, 3)]


def test_an_extra_step_is_in_the_course_and_not_in_its_total(world: World) -> None:
    steps = [
        StepDraft("a", "", "page", "A", 4, {"markdown": "x"}),
        StepDraft("b", "", "page", "B", 5, {"markdown": "x"}, is_mandatory=False),
    ]
    draft = Draft("Deux", modules={"": "Deux"}, steps=steps)
    with db.transaction(tenant_id=world.one.tenant_id):
        services.keep(draft, session.get_one(Organisation, world.one.root_id))
    course = _course(world.one, "deux")
    assert (course.steps, course.minutes) == (1, 4)


def test_publishing_twice_is_publishing_once_and_nothing_is_not_published(world: World) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        course = session.get_one(Course, world.one.course_id)
        at = course.published_at
        services.publish(course)
        assert course.published_at == at
        course.steps = 0
        with pytest.raises(NothingToPublish) as refusal:
            services.publish(course)
        assert refusal.value.remedy


def test_an_import_asks_the_same_number_of_questions_whatever_the_course(
    world: World, tmp_path: Path
) -> None:
    counts = []
    for number in (3, 40):
        root = folders.write(tmp_path / f"c{number}", {f"{n}.md": "Texte" for n in range(number)})
        draft = importer.read(root)
        with db.transaction(tenant_id=world.one.tenant_id):
            organisation = session.get_one(Organisation, world.one.root_id)
            with statements() as sent:
                services.keep(draft, organisation)
        counts.append(len(sent))
    assert counts[1] <= counts[0] + 2
