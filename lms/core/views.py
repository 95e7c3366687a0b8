"""Pages that belong to no room: a job, the signs of life, language and display."""

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from lms.core import files, jobs, metrics, policies, queries
from lms.core.behalf import OnBehalf
from lms.core.clock import now
from lms.core.db import Mode
from lms.core.i18n import LANGUAGES
from lms.core.i18n import gettext as _
from lms.core.jobs import Job
from lms.core.web import Room, anyone, has_written, safe_next

room = Room("core")


@room.get("/jobs/<int:job_id>", may=policies.may_follow_job, on=queries.job_in_sight)
def job(job: Job) -> ResponseReturnValue:
    title = str(jobs.tasks[job.kind].label) if job.kind in jobs.tasks else ""
    left = job.seconds_left(now())
    if job.is_over:
        has_written()  # what it wrote, this browser asked for
    part = request.args.get("part") == "progress"
    template = "core/job_progress.html" if part else "core/job.html"
    return render_template(template, job=job, title=title or _("Work in progress"), seconds_left=left)


@room.get("/jobs/<int:job_id>/file", may=policies.may_follow_job, on=queries.job_in_sight)
def job_file(job: Job) -> ResponseReturnValue:
    made = job.result or {}
    if not made.get("file") or not files.storage().exists(made["file"]):
        abort(404)
    return send_file(
        files.storage().open(made["file"]),
        download_name=made.get("file_name") or "fichier",
        as_attachment=True,
    )


@room.post("/jobs/<int:job_id>/cancel", may=policies.may_follow_job, on=queries.job_in_sight)
def cancel_job(job: Job) -> ResponseReturnValue:
    jobs.cancel(job.id)
    flash(_("The work stops at its next step. What was not finished is not kept."), "attention")
    return redirect(url_for("core.job", job_id=job.id))


@room.get("/healthz", may=anyone, mode=None)
def healthz() -> ResponseReturnValue:
    return Response("alive\n", mimetype="text/plain")


@room.get("/readyz", may=anyone)
def readyz() -> ResponseReturnValue:
    if queries.is_ready():
        return Response("ready\n", mimetype="text/plain")
    return Response("no worker gives a sign of life\n", status=503, mimetype="text/plain")


@room.get("/metrics", may=anyone, mode=None)
def figures() -> ResponseReturnValue:
    if not metrics.may_read(request.environ):
        abort(404)  # to a stranger there is no such page
    return Response(metrics.page(), content_type=metrics.CONTENT_TYPE)


@room.post("/language", may=anyone, mode=Mode.READ, on_behalf=OnBehalf.ALWAYS)
def set_language() -> ResponseReturnValue:
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        abort(400)
    cookie["language"] = chosen
    return redirect(safe_next(request.form.get("next")))


@room.get("/display", may=anyone, on_behalf=OnBehalf.ALWAYS)
def display() -> ResponseReturnValue:
    return render_template("core/display.html", next=safe_next(request.args.get("next")))


@room.post("/display", may=anyone, mode=Mode.READ, on_behalf=OnBehalf.ALWAYS)
def set_display() -> ResponseReturnValue:
    theme, fonts = request.form.get("theme", ""), request.form.get("fonts", "")
    cookie["theme"] = theme if theme in ("light", "dark", "contrast") else ""
    cookie["fonts"] = fonts if fonts == "system" else ""
    return redirect(safe_next(request.form.get("next")))
