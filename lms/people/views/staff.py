"""The staff's pages about people: the list, the file, the card."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.people import belonging, panel, policies, queries, services, sheet
from lms.people.proof import needs_proof
from lms.people.queries import PersonFile, PersonSearch
from lms.people.views import room


@room.get("/people", may=policies.may_list_people, mode=Mode.LIST)
def people() -> ResponseReturnValue:
    asked = PersonSearch(
        words=request.args.get("q", "")[:100],
        number=request.args.get("page", 1, type=row_number),
        after=request.args.get("after", 0, type=row_number),
        archived=request.args.get("show") == "archived" and actor().knows_numbers,
    )
    page = queries.persons_found(actor(), asked)
    return render_template(
        "people/people.html", page=page, asked=asked, may_add=policies.may_add_person(actor())
    )


@room.get("/people/<int:person_id>", may=policies.may_read_person, on=queries.person_in_sight)
def person(file: PersonFile) -> ResponseReturnValue:
    who, number = actor(), file.person.id
    journal.read(who, number)
    return render_template(
        "people/person.html",
        file=file,
        panels=panel.panels(who, file),
        history=panel.history(who, file),
        ties=belonging.ties(who, number),
        may_read_whole=policies.may_read_whole_file(who, file),
        may_change=policies.may_change_person(who, file),
        may_merge=policies.may_merge_people(who, file),
        may_shut_out=policies.may_shut_out(who, file),
        may_make_card=policies.may_make_card(who, file),
        may_act_for=who.is_companion and file.is_learner_only,
        may_take_factors_away=policies.may_take_factors_away(who, file),
    )


@room.post(
    "/people/<int:person_id>/second-factor/remove",
    may=policies.may_take_factors_away,
    on=queries.person_in_sight,
)
def take_factors_away(file: PersonFile) -> ResponseReturnValue:
    return _take_factors_away(file)


@needs_proof
def _take_factors_away(file: PersonFile) -> ResponseReturnValue:
    services.forget_all(file.person.account_id or 0, actor())
    flash(
        _(
            "App and passkeys are taken away.\nThe password alone opens the account until a new one is set up."
        ),
        "done",
    )
    return redirect(url_for("people.person", person_id=file.person.id))


@room.post("/people/<int:person_id>/card", may=policies.may_make_card, on=queries.person_in_sight)
def make_card(file: PersonFile) -> ResponseReturnValue:
    services.replace_card(file.person.id, file.person.tenant_id, actor())
    return redirect(url_for("people.person_card", person_id=file.person.id))


@room.get("/people/<int:person_id>/card", may=policies.may_make_card, on=queries.person_in_sight)
def person_card(file: PersonFile) -> ResponseReturnValue:
    journal.read(actor(), file.person.id, "card")
    cards = queries.cards_to_print(file.person.tenant_id, [file.person.id])
    return render_template(
        "people/cards.html",
        **sheet.of(cards, actor()),
        back_url=url_for("people.person", person_id=file.person.id),
        pdf_url=url_for("people.person_card_pdf", person_id=file.person.id),
    )


@room.get("/people/<int:person_id>/card.pdf", may=policies.may_make_card, on=queries.person_in_sight)
def person_card_pdf(file: PersonFile) -> ResponseReturnValue:
    journal.read(actor(), file.person.id, "card")
    cards = queries.cards_to_print(file.person.tenant_id, [file.person.id])
    filled, name = sheet.of(cards, actor()), file.person.name
    db.begin(Mode.READ)  # nothing is held while the page is drawn
    drawn = sheet.pdf(render_template("people/cards_pdf.html", **filled), cards, name, filled["logo_key"])
    return Response(
        drawn, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="carte.pdf"'}
    )
