"""People are convoked, and what was written to them is shown: by which way, when, and what was answered."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from config import settings
from lms.core import db, pdf
from lms.core.clock import now
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import language, ngettext
from lms.core.post import Way, message_id
from lms.core.web import actor, row_number
from lms.enrolment import letters, policies, queries, services
from lms.enrolment.forms.convocations import ConvokeForm
from lms.enrolment.messages.convocation import Convocation
from lms.enrolment.models import Cohort
from lms.enrolment.queries import messages
from lms.enrolment.views import asked, room
from lms.notifications.preview import preview


@room.get("/cohorts/<int:cohort_id>/convoke", may=policies.may_convoke, on=queries.cohort_in_hand)
def convoke_all(cohort: Cohort) -> ResponseReturnValue:
    """Everybody of the cohort who is only registered."""
    return _ask(cohort, ConvokeForm(formdata=None), messages.to_convoke(actor(), cohort, None))


@room.post(
    "/cohorts/<int:cohort_id>/convoke/ask",
    may=policies.may_convoke,
    on=queries.cohort_in_hand,
    mode=Mode.READ,
)
def ask_to_convoke(cohort: Cohort) -> ResponseReturnValue:
    return _ask(
        cohort,
        ConvokeForm(formdata=None),
        messages.to_convoke(actor(), cohort, asked.chosen()),
        asked.chosen(),
    )


@room.post("/cohorts/<int:cohort_id>/convoke", may=policies.may_convoke, on=queries.cohort_in_hand)
def convoke(cohort: Cohort) -> ResponseReturnValue:
    form, chosen = ConvokeForm(), asked.chosen()
    found = messages.to_convoke(actor(), cohort, None if request.form.get("whole") else chosen)
    if not form.validate():
        return _ask(cohort, form, found, chosen), 422
    again = bool(form.again.data)
    done = services.convoke(found.member_ids, cohort, actor(), once=form.once.data or "", again=again)
    flash(_told(done), "done")
    return redirect(url_for("enrolment.sent", cohort_id=cohort.id))


@room.get("/cohorts/<int:cohort_id>/sent", may=policies.may_see_sent, on=queries.cohort_in_hand)
def sent(cohort: Cohort) -> ResponseReturnValue:
    who, state = actor(), request.args.get("state", "")
    page = messages.sent_in_cohort(who, cohort, state, request.args.get("page", 1, type=row_number))
    waiting = messages.letters_waiting(cohort)
    return render_template(
        "enrolment/sent.html",
        cohort=cohort,
        page=page,
        state=state,
        counts=messages.sent_states(who, cohort),
        letters=range(0, waiting, messages.LETTERS),
        waiting=waiting,
        each=messages.LETTERS,
        number_of=_message_id,
        now=now(),
    )


@room.get("/cohorts/<int:cohort_id>/letters.pdf", may=policies.may_convoke, on=queries.cohort_in_hand)
def letters_pdf(cohort: Cohort) -> ResponseReturnValue:
    first = request.args.get("from", 0, type=row_number)
    found = letters.written(messages.letters(cohort, max(0, first)))
    if not found:
        abort(404)
    title = _("Convocations: %(cohort)s", cohort=cohort.name)
    db.begin(Mode.READ)  # nothing is held while the pages are drawn
    html = render_template("enrolment/letters_pdf.html", letters=found, title=title)
    drawn = pdf.render(html, title=title, language=language())
    name = {"Content-Disposition": 'inline; filename="convocations.pdf"'}
    return Response(drawn, mimetype="application/pdf", headers=name)


@room.post("/cohorts/<int:cohort_id>/letters/posted", may=policies.may_convoke, on=queries.cohort_in_hand)
def letters_posted(cohort: Cohort) -> ResponseReturnValue:
    number = services.posted(cohort, actor())
    flash(
        ngettext("%(num)s letter is noted as posted.", "%(num)s letters are noted as posted.", number), "done"
    )
    return redirect(url_for("enrolment.sent", cohort_id=cohort.id))


def _ask(cohort: Cohort, form: ConvokeForm, found: messages.Outlook, chosen: list[int] | None = None) -> str:
    who = actor()
    return render_template(
        "enrolment/convoke.html",
        cohort=cohort,
        form=form,
        found=found,
        rows=queries.chosen_members(who, cohort, found.member_ids) if chosen is not None else [],
        whole=chosen is None,
        has_texts=bool(settings.current().sms_url),
        letter=preview(Convocation, who.language, {}, who.zone),
    )


def _told(done: services.Convoked) -> str:
    lines = (
        (Way.MAIL, ngettext("%(num)s convocation leaves by e-mail.", "%(num)s convocations leave by e-mail.", done.ways[Way.MAIL])),
        (Way.SMS, ngettext("%(num)s leaves as a text to a telephone.", "%(num)s leave as texts to telephones.", done.ways[Way.SMS])),
        (Way.LETTER, ngettext("%(num)s letter is to be printed and posted.", "%(num)s letters are to be printed and posted.", done.ways[Way.LETTER])),
    )  # fmt: skip
    said = [line for way, line in lines if done.ways[way]]
    if done.left_alone:
        said.append(
            ngettext("%(num)s person was left out: their state does not allow it.",
                     "%(num)s people were left out: their state does not allow it.", done.left_alone)
        )  # fmt: skip
    return "\n".join(said)


def _message_id(row: Any) -> str:
    """By which the receiving server knows a mail that we handed over."""
    host = urlsplit(settings.current().base_url).hostname or "localhost"
    return message_id(row.key, host) if row.way == Way.MAIL.value else ""
