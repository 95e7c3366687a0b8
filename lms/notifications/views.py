"""The pages of messages: an organisation's rules and words; what one switches off, signed in or from a mail."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, anyone, signed_in
from lms.notifications import policies, queries, services, topics, worded
from lms.notifications.forms import RulesForm, TopicsForm, WordsForm
from lms.notifications.preview import preview
from lms.notifications.queries import Draft
from lms.notifications.services import Text
from lms.notifications.topics import Topic
from lms.organisations.models import Organisation
from lms.organisations.queries import organisation_in_sight

room = Room("notifications")

_WORDS = "/notifications/organisations/<int:organisation_id>/<string:message>/<string(length=2):language>"


@room.get(
    "/notifications/organisations/<int:organisation_id>",
    may=policies.may_see_messages,
    on=organisation_in_sight,
)
def messages(organisation: Organisation) -> ResponseReturnValue:
    above = queries.rules_above(organisation)
    return _rules_page(
        organisation, RulesForm(formdata=None).offer(above).show(queries.own_rules(organisation))
    )


@room.post(
    "/notifications/organisations/<int:organisation_id>",
    may=policies.may_word_messages,
    on=organisation_in_sight,
)
def change_rules(organisation: Organisation) -> ResponseReturnValue:
    above = queries.rules_above(organisation)
    form = RulesForm().offer(above)
    if not form.validate() or not form.hold(above):
        return _rules_page(organisation, form), 422
    services.keep_rules(organisation, form.said, actor())
    flash(_("Kept. It holds here, and below wherever nothing else was chosen."), "done")
    return redirect(url_for("notifications.messages", organisation_id=organisation.id))


@room.get(_WORDS, may=policies.may_see_messages, on=queries.draft_in_sight)
def words(draft: Draft) -> ResponseReturnValue:
    subject, body, short = _as_it_stands(draft)
    form = WordsForm(formdata=None, data={"subject": subject, "body": body, "short": short})
    return _words_page(draft, form.of(draft.kind))


@room.post(_WORDS, may=policies.may_word_messages, on=queries.draft_in_sight)
def keep_words(draft: Draft) -> ResponseReturnValue:
    form = WordsForm().of(draft.kind)
    if not form.validate() or not form.knows(draft.kind):
        return _words_page(draft, form), 422
    text = Text(form.said("subject"), form.said("body"), form.said("short"))
    services.keep_words(draft, text, actor())
    flash(_("Kept. The next messages leave in these words."), "done")
    return redirect(_address(draft))


@room.post(f"{_WORDS}/preview", may=policies.may_word_messages, on=queries.draft_in_sight, mode=Mode.READ)
def preview_words(draft: Draft) -> ResponseReturnValue:
    """What was typed, as its reader would see it; nothing is kept."""
    form = WordsForm().of(draft.kind)
    if not form.validate() or not form.knows(draft.kind):
        return _words_page(draft, form), 422
    return _words_page(draft, form, is_tried=True)


@room.post(f"{_WORDS}/reset", may=policies.may_word_messages, on=queries.draft_in_sight)
def reset_words(draft: Draft) -> ResponseReturnValue:
    services.reset_words(draft, actor())
    flash(_("Your own words are taken away."), "done")
    return redirect(_address(draft))


@room.get("/me/messages", may=signed_in)
def preferences() -> ResponseReturnValue:
    mine = queries.preferences(actor().tenant_id, actor().person_id)
    wanted = [topic.name for topic in mine.topics if topic.name not in mine.stopped]
    form = TopicsForm(formdata=None, data={"wanted": wanted}).offer(mine.topics)
    return render_template("notifications/preferences.html", form=form, mine=mine, always=topics.ALWAYS)


@room.post("/me/messages", may=signed_in)
def choose() -> ResponseReturnValue:
    mine = queries.preferences(actor().tenant_id, actor().person_id)
    form = TopicsForm().offer(mine.topics)
    if not form.validate():
        return render_template(
            "notifications/preferences.html", form=form, mine=mine, always=topics.ALWAYS
        ), 422
    services.choose(
        [topic.name for topic in mine.topics if topic.name in (form.wanted.data or ())], mine, actor()
    )
    flash(_("Your choice is kept."), "done")
    return redirect(url_for("notifications.preferences"))


@room.get("/notifications/stop/<string:token>", may=anyone, on=queries.stop_asked)
def stop_form(asked: tuple[int, int, Topic]) -> ResponseReturnValue:
    """Opening it changes nothing: programs open links to look what is behind them."""
    return render_template("notifications/stop.html", topic=asked[2], is_done=False)


@room.post(
    "/notifications/stop/<string:token>", may=anyone, on=queries.stop_asked,
    has_own_proof=True,
)  # fmt: skip
def stop(asked: tuple[int, int, Topic]) -> ResponseReturnValue:
    """The button of the page, or the mail program's own (RFC 8058): the signed link is the proof."""
    tenant_id, person_id, topic = asked
    services.stop(tenant_id, person_id, topic.name)
    return render_template("notifications/stop.html", topic=topic, is_done=True)


def _rules_page(organisation: Organisation, form: RulesForm) -> str:
    return render_template(
        "notifications/messages.html",
        organisation=organisation,
        form=form,
        above=queries.rules_above(organisation),
        origins=queries.origins(organisation),
        may_change=policies.may_word_messages(actor(), organisation),
    )


def _words_page(draft: Draft, form: WordsForm, *, is_tried: bool = False) -> str:
    subject, body, short = _as_it_stands(draft)
    said = {"subject": subject, "body": body, "short": short}
    if is_tried:
        said = {name: form.said(name) for name in said}
    return render_template(
        "notifications/words.html",
        draft=draft,
        form=form,
        letter=preview(draft.kind, draft.language, said, actor().zone),
        is_tried=is_tried,
        places=worded.offered(draft.kind),
        may_change=policies.may_word_messages(actor(), draft),
    )


def _as_it_stands(draft: Draft) -> tuple[str, str, str]:
    """What is sent today: own words, those from above, or the house's."""
    if row := draft.own or draft.above:
        return row.subject, row.body, row.short
    return worded.house(draft.kind, draft.language)


def _address(draft: Draft) -> str:
    return url_for(
        "notifications.words",
        organisation_id=draft.organisation.id,
        message=draft.kind.name,
        language=draft.language,
    )
