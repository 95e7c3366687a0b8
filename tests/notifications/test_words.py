"""Own words: what they may name, how they are filled, and the pages on which they are kept, looked at and taken away."""

import html
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db, i18n
from lms.core.db import Mode, session
from lms.notifications import worded
from lms.notifications.models import Wording
from lms.notifications.preview import charged, preview
from lms.notifications.worded import Worded, kind_called
from tests.support.page import Page
from tests.support.worlds import World

CONVOCATION = "enrolment.convocation"


def kind(name: str = CONVOCATION) -> type[Worded]:
    found = kind_called(name)
    assert found is not None
    return found


def test_both_languages_words_are_understood_and_values_are_not_looked_into_again(app: Flask) -> None:
    said = {"first_name": "{cohort}", "cohort": "Nuit"}
    for text in ("{prénom} {cohorte}", "{First Name} {cohort}", "{PRENOM} { first_name } {COHORTE}"):
        assert worded.fill(kind(), text, said).replace("Nuit", "").strip().startswith("{cohort}")


def test_what_is_not_known_is_told_with_its_line(app: Flask) -> None:
    with i18n.speaking_to("fr"):
        told = worded.faults(kind(), "Bonjour {prénom},\n\n{mot de passe}\nfin }")
    assert [(one.line, one.words.split(".")[0]) for one in told] == [
        (3, "Ligne 3\u00a0: {mot de passe} n’est pas connu dans ce message"),
        (4, "Ligne 4\u00a0: une accolade est seule"),
    ]
    assert "{prénom}" in told[0].words


def test_the_houses_own_texts_name_what_is_known_in_both_languages(app: Flask) -> None:
    assert len(worded.kinds()) == 5
    for one in worded.kinds():
        for language in i18n.LANGUAGES:
            for text in worded.house(one, language):
                assert worded.faults(one, text) == [], (one.name, language)
            assert worded.house(one, language)[1], one.name


def test_a_preview_shows_no_place_that_was_not_filled(app: Flask) -> None:
    for one in worded.kinds():
        for language in i18n.LANGUAGES:
            seen = preview(one, language, {}, "Europe/Paris")
            assert "{" not in f"{seen.subject}{seen.parts}{seen.short}".replace("{'", ""), one.name


@pytest.mark.parametrize(
    ("text", "number"),
    [("", 0), ("a" * 160, 1), ("a" * 161, 2), ("’" * 70, 1), ("’" * 71, 2), ("é" * 160, 1)],
)
def test_how_many_texts_a_telephone_makes_of_it(text: str, number: int) -> None:
    assert charged(text) == number


def address(world: World, where: str = "agency") -> str:
    return f"/notifications/organisations/{getattr(world.one, f'{where}_id')}"


def test_words_are_kept_looked_at_inherited_and_taken_away(world: World, visit: Any) -> None:
    browser = visit(world.one.admin)
    root = f"{address(world, 'root')}/{CONVOCATION}/fr"
    page = browser.get(root)
    assert "C’est notre texte." in page.words
    assert "Nadia Benali" in page.words, "what stands below the text"
    typed = {"subject": "Essai {prénom}", "body": "Cher {prénom},\n\n<b>à lundi</b>", "short": ""}
    token = page.form(f"{CONVOCATION}/fr")["csrf_token"]
    answer = browser.client.post(
        f"{root}/preview", data={**typed, "csrf_token": token}
    )  # a button of the same form
    tried = Page(answer)
    assert tried.faults() == []
    assert "Essai Nadia" in tried.words
    assert "<b>à lundi</b>" in tried.words, "as text"
    assert "<b>à lundi</b>" not in tried.html
    with db.transaction(Mode.READ, world.one.tenant_id):
        assert session.scalars(select(Wording)).all() == []
    kept = browser.send(f"{CONVOCATION}/fr", subject="Chez nous", body="Cher {prénom}", short="")
    assert "Ce sont vos propres termes." in kept.words
    below = browser.get(f"{address(world)}/{CONVOCATION}/fr")
    assert "Ce sont les termes de Réseau CANARI-1." in below.words
    assert "Ceux de Réseau CANARI-1" in browser.get(address(world)).words
    browser.get(root)
    assert "C’est notre texte." in browser.send("/reset").words


def test_a_wrong_text_loses_nothing(world: World, visit: Any) -> None:
    browser = visit(world.one.admin)
    browser.get(f"{address(world)}/{CONVOCATION}/fr")
    answer = browser.send(f"{CONVOCATION}/fr", subject="Bonjour", body="Bonjour {toto}\nsuite")
    assert answer.status == 422
    assert "Ligne 1\u00a0: {toto} n’est pas connu" in html.unescape(answer.html)
    assert "Bonjour {toto}" in answer.html


def test_rules_are_kept_and_hold_below(world: World, visit: Any) -> None:
    browser = visit(world.one.admin)
    browser.get(address(world, "root"))
    kept = browser.send(
        str(world.one.root_id), days_before="14", weekdays="123456", opens_at="9", reminds="no"
    )
    assert kept.status == 200
    below = browser.get(address(world))
    assert "Comme d’habitude ici\u00a0: 14 jours" in html.unescape(below.html)
    wrong = browser.send(str(world.one.agency_id), opens_at="", closes_at="9")
    assert wrong.status == 422
    assert "aucun message ne partirait jamais" in wrong.words
    assert (
        browser.send(str(world.one.agency_id), closes_at="20", rules_url="javascript:alert(1)").status == 422
    )


def test_who_may(world: World, visit: Any) -> None:
    one = world.one
    page = f"{address(world)}/{CONVOCATION}/fr"
    assert visit(one.adviser).get(page).status == 200
    assert visit(one.trainer).fetch(page).status_code == 403
    assert visit(one.learner).fetch(address(world)).status_code in (403, 404)
    for stranger in (world.two.admin, one.hr):
        assert visit(stranger).fetch(page).status_code == 404
    for wrong in ("people.new_password/fr", f"{CONVOCATION}/de", "nothing/fr"):
        assert visit(one.admin).fetch(f"{address(world)}/{wrong}").status_code == 404
