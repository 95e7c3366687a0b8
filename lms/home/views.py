"""The first page of each role, the learner's path, and the pages that every site owes its visitors."""

import io
import json
from dataclasses import asdict
from datetime import date

from flask import abort, redirect, render_template, request, send_file
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from config import settings
from lms.core import journal
from lms.core.behalf import OnBehalf
from lms.core.clock import now, today
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, anyone, signed_in
from lms.home import deadline, forms, navigation, queries, readable
from lms.people.services import held_on
from lms.progress.queries import contact

room = Room("home")

DECLARED_ON = date(2026, 11, 20)  #: when the declaration of accessibility was last read over


@room.blueprint.record
def _give_navigation(state: BlueprintSetupState) -> None:
    """Templates of the staff ask for the tabs of their header."""
    state.app.jinja_env.globals["nav_items"] = lambda: navigation.items(actor(), request.path)


@room.get("/", may=anyone, on_behalf=OnBehalf.ALWAYS)
def first() -> ResponseReturnValue:
    who = actor()
    return redirect(navigation.first_page(who)) if who else render_template("home/welcome.html")


@room.get("/learn", may=signed_in, on_behalf=OnBehalf.COURSES)
def learn() -> ResponseReturnValue:
    who = actor()
    paths = queries.paths(who)
    asked = request.args.get("path", 0, int)
    chosen = next((path for path in paths if path.number == asked), paths[0] if paths else None)
    if chosen is None:
        return render_template("home/nothing.html", contact=contact(who))
    path = queries.in_full(who, chosen)
    done, total = path.done
    return render_template(
        "home/learn.html",
        path=path, others=[one for one in paths if one is not chosen], contact=contact(who),
        certificates=queries.certificates(who),
        time_left=deadline.in_words(path.due_on, today(who.zone), total - done) if path.due_on else "",
    )  # fmt: skip


@room.get("/help", may=anyone, on_behalf=OnBehalf.ALWAYS)
def help_() -> ResponseReturnValue:
    return render_template("home/help.html")


@room.get("/legal", may=anyone, on_behalf=OnBehalf.ALWAYS)
def legal() -> ResponseReturnValue:
    return render_template("home/legal.html")


@room.get("/privacy", may=anyone, on_behalf=OnBehalf.ALWAYS)
def privacy() -> ResponseReturnValue:
    return render_template("home/privacy.html")


@room.get("/my-data", may=signed_in)
def my_data() -> ResponseReturnValue:
    who = actor()
    parts = held_on(who.tenant_id, who.person_id)
    return render_template("home/my_data.html", parts=[part for part in parts if part.rows])


@room.get("/my-data/file", may=signed_in)
def my_data_file() -> ResponseReturnValue:
    """The same as JSON, to be taken elsewhere."""
    who = actor()
    journal.note_refusal("own-data-taken", who)
    text = json.dumps([asdict(part) for part in held_on(who.tenant_id, who.person_id)], ensure_ascii=False)
    content = io.BytesIO(text.encode())
    return send_file(content, "application/json", as_attachment=True, download_name=_("my-data.json"))


@room.get("/my-data/readable", may=signed_in)
def my_data_readable() -> ResponseReturnValue:
    """All of it on one page, to be read, printed or kept."""
    who = actor()
    journal.note_refusal("own-data-taken", who)
    parts = [part for part in held_on(who.tenant_id, who.person_id) if part.rows]
    return render_template("home/my_data_readable.html", parts=parts, told=readable.told, now=now())


@room.get("/accessibilite", may=anyone, on_behalf=OnBehalf.ALWAYS)
def accessibility() -> ResponseReturnValue:
    return render_template("home/accessibility.html", declared_on=DECLARED_ON)


@room.get("/site-map", may=anyone, on_behalf=OnBehalf.ALWAYS)
def site_map() -> ResponseReturnValue:
    return render_template("home/site_map.html", tabs=navigation.items(actor(), request.path))


@room.get("/ui", may=anyone)
def ui() -> ResponseReturnValue:
    """Every component in every state, where somebody develops or tries."""
    if settings.current().env == "production":
        abort(404)
    return render_template("home/ui.html", form=forms.sample_form())
