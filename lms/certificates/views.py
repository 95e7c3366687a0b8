"""Certificates: one's own, their page and PDF, and the public verification."""

from flask import abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue

from lms.certificates import document, policies, queries, services, style
from lms.certificates.forms import LARGEST, RevokeForm, VerifyForm
from lms.certificates.models import Certificate
from lms.certificates.queries import Verdict
from lms.core import files, jobs, journal
from lms.core.behalf import OnBehalf
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, anyone, row_number, signed_in
from lms.enrolment.models import Cohort
from lms.organisations.actor import Actor

room = Room("certificates")


@room.get("/certificates", may=signed_in, on_behalf=OnBehalf.PAPERS)
def mine() -> ResponseReturnValue:
    return render_template("certificates/mine.html", certificates=queries.mine(actor()))


@room.get(
    "/certificates/<int:certificate_id>",
    may=policies.may_see_certificate,
    on=queries.certificate_in_sight,
    on_behalf=OnBehalf.PAPERS,
)
def certificate(certificate: Certificate) -> ResponseReturnValue:
    journal.read(actor(), certificate.person_id, "certificate")
    return _page(certificate, RevokeForm())


@room.get(
    "/certificates/<int:certificate_id>.pdf",
    may=policies.may_see_certificate,
    on=queries.certificate_in_sight,
    on_behalf=OnBehalf.PAPERS,
)
def pdf(certificate: Certificate) -> ResponseReturnValue:
    if certificate.pdf_key is None:
        return render_template("certificates/waiting.html", certificate=certificate), 202
    journal.read(actor(), certificate.person_id, "certificate")
    name = f"certificat-{certificate.number}.pdf"
    return send_file(files.storage().open(certificate.pdf_key), "application/pdf", download_name=name)


@room.post(
    "/certificates/<int:certificate_id>/revoke",
    may=policies.may_revoke,
    on=queries.certificate_in_sight,
)
def revoke(certificate: Certificate) -> ResponseReturnValue:
    form = RevokeForm()
    if not form.validate():
        return _page(certificate, form), 422
    services.revoke(actor(), certificate, form.reason.data or "")
    flash(_("The certificate is revoked: whoever checks it will see so."), "done")
    return redirect(url_for("certificates.certificate", certificate_id=certificate.id))


@room.post(
    "/certificates/<int:certificate_id>/replace",
    may=policies.may_replace,
    on=queries.certificate_in_sight,
)
def replace(certificate: Certificate) -> ResponseReturnValue:
    made = services.replace(actor(), certificate)
    flash(_("A corrected certificate replaces the old one."), "done")
    return redirect(url_for("certificates.certificate", certificate_id=made))


def _cohort_asked(who: Actor) -> Cohort | None:
    """The cohort that the address names: ``?cohort=7``."""
    return queries.cohort_in_sight(who, request.values.get("cohort", 0, type=row_number))


@room.post("/certificates/issue", may=policies.may_issue, on=_cohort_asked)
def issue(cohort: Cohort) -> ResponseReturnValue:
    job = jobs.later("certificates.issue", actor(), cohort_id=cohort.id)
    return redirect(url_for("core.job", job_id=job.id))


@room.get("/certificates/verify", may=anyone)
def verify() -> ResponseReturnValue:
    typed = request.args.get("code", "")
    return _answer(queries.verdict_on_code(typed) if typed.strip() else None, typed)


@room.get("/certificates/verify/<string:code>", may=anyone)
def verify_code(code: str) -> ResponseReturnValue:
    return _answer(queries.verdict_on_code(code), code)


@room.post("/certificates/verify", may=anyone, mode=Mode.READ)
def judge() -> ResponseReturnValue:
    form = VerifyForm()
    if not form.validate():
        return _shown(form, None), 422
    if not form.file.data:
        return redirect(url_for("certificates.verify", code=(form.code.data or "").strip()[:60]))
    content = form.file.data.read(LARGEST + 1)
    if len(content) > LARGEST:
        abort(413)
    return _answer(queries.verdict_on_file(content), "", (form.file.data.filename or "")[:80])


def _answer(verdict: Verdict | None, typed: str, file_name: str = "") -> str:
    form = VerifyForm(data={"code": verdict.code or typed[:60] if verdict else ""}, formdata=None)
    return _shown(form, verdict, file_name)


def _shown(form: VerifyForm, verdict: Verdict | None, file_name: str = "") -> str:
    hours = document.hours(verdict.entry.minutes) if verdict and verdict.entry else ""
    template = "certificates/verify.html"
    return render_template(template, form=form, verdict=verdict, file_name=file_name, hours=hours)


def _page(certificate: Certificate, form: RevokeForm) -> str:
    sheet = services.sheet_of(certificate)
    return render_template(
        "certificates/certificate.html",
        certificate=certificate,
        sheet=sheet,
        heading=document.title(sheet),
        document=document.to_html(sheet),
        style=style.on_screen(),
        form=form,
        may_replace=policies.may_replace(actor(), certificate),
        may_revoke=policies.may_revoke(actor(), certificate),
    )
