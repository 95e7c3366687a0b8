"""Pages of courses: the list, the sheet, its files, and each step as a learner sees it."""

from flask import Response, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from lms.core import files
from lms.core.behalf import OnBehalf
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, row_number
from lms.courses import markdown, policies, queries, services
from lms.courses.activity import ActivityKind, Learner
from lms.courses.models import Course, CourseState, Media
from lms.courses.queries import Step

room = Room("courses")

_FOR_EVER = "private, max-age=31536000, immutable"
#: A file is shown alone or in a picture; whatever it holds, it runs nothing and fetches nothing.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"


@room.get("/courses", may=policies.may_list_courses)
def courses() -> ResponseReturnValue:
    words, state = request.args.get("words", "").strip(), request.args.get("state", "")
    page = queries.courses_in_sight(actor(), words, state, request.args.get("page", 1, type=row_number))
    return render_template("courses/list.html", page=page, words=words, state=state, states=list(CourseState))


@room.get("/courses/<string:slug>", may=policies.may_see_course, on=queries.course_in_sight)
def course(found: Course) -> ResponseReturnValue:
    html = markdown.to_html(found.presentation, found.slug, queries.files_of(found))
    return render_template(
        "courses/course.html",
        course=found, html=html, parts=queries.steps(found), kinds=ActivityKind.registered,
        is_ours=queries.course_in_hand(actor(), found.slug) is not None and policies.may_publish(actor(), found),
    )  # fmt: skip


@room.post("/courses/<string:slug>/publish", may=policies.may_publish, on=queries.course_in_hand)
def publish(found: Course) -> ResponseReturnValue:
    services.publish(found)
    flash(_("The course is published.\nPeople can now be put on it."), "done")
    return redirect(url_for("courses.course", slug=found.slug))


@room.get("/courses/<string:slug>/steps/<path:key>", may=policies.may_see_course, on=queries.step_in_sight)
def step(found: Step) -> ResponseReturnValue:
    kind: ActivityKind = ActivityKind.registered[found.activity.kind]()
    scene = kind.show(found.activity, Learner(actor().tenant_id, actor().person_id, 0), {})
    values = scene.values | {"simple": request.args.get("simple") == "1"}
    return render_template("courses/step.html", **values, template=scene.template, found=found)


@room.get(
    "/courses/<string:slug>/media/<path:name>",
    may=policies.may_see_media,
    on=queries.media_in_sight,
    on_behalf=OnBehalf.COURSES,
)
def media(found: Media) -> ResponseReturnValue:
    """A file of a course. Its address carries its version, so a browser asks for it once."""
    response: Response = send_file(
        files.storage().open(found.file_key), mimetype=found.media_type, etag=found.sha256[:32],
        as_attachment=found.media_type == "application/pdf", download_name=found.name.rpartition("/")[2],
    )  # fmt: skip
    known = request.args.get("v") == found.sha256[:8]
    response.headers["Cache-Control"] = _FOR_EVER if known else "private, max-age=300"
    response.headers["Content-Security-Policy"] = _POLICY
    return response.make_conditional(request)
