"""The staff's pages about people: the list, the file, the card."""

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from lms.core import db, journal
from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.web import actor, row_number
from lms.people import policies, queries, services, sheet
from lms.people.forms import PersonForm
from lms.people.queries import PersonFile
from lms.people.views import room


@room.get("/people", may=policies.may_list_people, mode=Mode.LIST)
def people() -> ResponseReturnValue:
    words = request.args.get("q", "")[:100]
    page = queries.persons_matching(actor(), words, request.args.get("page", 1, type=row_number))
    return render_template("people/people.html", page=page, words=words)


@room.get("/people/<int:person_id>", may=policies.may_read_person, on=queries.person_in_sight)
def person(file: PersonFile) -> ResponseReturnValue:
    who, number = actor(), file.person.id
    journal.read(who, number)
    return render_template(
        "people/person.html",
        file=file,
        may_change=policies.may_change_person(who, file),
        may_make_card=policies.may_make_card(who, file),
        may_act_for=who.is_companion and file.is_learner_only,
    )


@room.get("/people/<int:person_id>/change", may=policies.may_change_person, on=queries.person_in_sight)
def person_form(file: PersonFile) -> ResponseReturnValue:
    return render_template(
        "people/person_form.html", file=file, form=PersonForm(formdata=None, obj=file.person)
    )


@room.post("/people/<int:person_id>/change", may=policies.may_change_person, on=queries.person_in_sight)
def change_person(file: PersonFile) -> ResponseReturnValue:
    form = PersonForm()
    if not form.validate():
        return render_template("people/person_form.html", file=file, form=form), 422
    services.put_right(file.person, actor(), **form.typed)
    flash(_("The corrections are kept."), "done")
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
    drawn = sheet.pdf(render_template("people/cards_pdf.html", **filled), cards, name)
    return Response(
        drawn, mimetype="application/pdf", headers={"Content-Disposition": 'inline; filename="carte.pdf"'}
    )
