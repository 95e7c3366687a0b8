"""The first page of each role, the learner's path, and the pages that every site owes its visitors."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from flask import abort, current_app, redirect, render_template, request, send_file
from flask.blueprints import BlueprintSetupState
from flask.typing import ResponseReturnValue

from config import settings
from lms.certificates.queries import of_people
from lms.core import journal
from lms.core.behalf import OnBehalf
from lms.core.clock import now, today
from lms.core.db import AnyRow
from lms.core.i18n import gettext as _
from lms.core.web import Room, actor, anyone, row_number, signed_in
from lms.enrolment.policies import may_enrol_oneself
from lms.enrolment.queries.ways import public_ways
from lms.enrolment.queries.wishes import open_wishes
from lms.home import deadline, forms, navigation, policies, queries, readable, rights
from lms.organisations.actor import Actor
from lms.people.services import held_on
from lms.progress.queries import contact, opening

room = Room("home")

DECLARED_ON = date(2026, 11, 20)  #: when the declaration of accessibility was last read over


@room.blueprint.record
def _give_navigation(state: BlueprintSetupState) -> None:
    """Templates of the staff ask for the tabs of their header, those of a path for the day on which a course opens."""
    state.app.jinja_env.globals["nav_items"] = lambda: navigation.items(actor(), request.path)
    state.app.jinja_env.globals["course_opens_on"] = opening


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
        openings = public_ways(who, 1) if may_enrol_oneself(who) else None
        return render_template(
            "home/nothing.html", contact=contact(who), wishes=open_wishes(who), openings=openings, looking=0
        )
    path = queries.in_full(who, chosen)
    others = [one for one in paths if one is not chosen]
    return _path_page(who, path, others, queries.certificates(who), wishes=open_wishes(who), looking=0)


def _path_page(
    learner: Actor, path: queries.Path, others: list[queries.Path], earned: Sequence[AnyRow], **more: Any
) -> str:
    done, total = path.done
    return render_template(
        "home/learn.html",
        path=path,
        others=others,
        contact=contact(learner),
        certificates=earned,
        time_left=deadline.in_words(path.due_on, today(learner.zone), total - done) if path.due_on else "",
        **more,
    )


@room.get("/learn/as/<int:person_id>", may=policies.may_see_as, on=queries.learner_in_sight)
def learn_as(seen: Actor) -> ResponseReturnValue:
    """The learner's first page, as they see it, for whoever accompanies them. It is a look into a personal file."""
    who, number = actor(), seen.person_id
    paths = queries.paths_in_sight(who, seen)
    if not paths and not who.knows_numbers:
        abort(404)  # a mandate shows a path within its session alone
    journal.read(who, number, "path")
    asked = request.args.get("path", 0, row_number)
    chosen = next((path for path in paths if path.number == asked), paths[0] if paths else None)
    shown: dict[str, Any] = {
        "actor": seen,
        "wishes": (),
        "looking": number,
        "way_out": navigation.first_page(who),
    }
    if chosen is None:
        return render_template("home/nothing.html", contact=contact(seen), **shown)
    path = queries.in_full(seen, chosen)
    others = [one for one in paths if one is not chosen]
    return _path_page(seen, path, others, of_people(who, [number]), **shown)


@room.get("/rights", may=anyone)
def rights_() -> ResponseReturnValue:
    found = rights.chapters(current_app)
    return render_template("home/rights.html", roles=rights.roles(found), chapters=found)


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
