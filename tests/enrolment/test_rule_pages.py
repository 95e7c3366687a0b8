"""The pages of rules, through their forms: conditions, rehearsal, on and off, why somebody is in."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Rule, RuleCondition
from tests.enrolment.rules import empty_cohort, there, work
from tests.enrolment.test_pages import post
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]


@pytest.fixture
def one(world: World) -> Corner:
    return world.one


def conditions(one: Corner) -> list[RuleCondition]:
    with db.transaction(Mode.READ, one.tenant_id):
        return list(session.scalars(select(RuleCondition).order_by(RuleCondition.id)))


def test_from_a_condition_to_people_in_the_cohort(app: Flask, one: Corner, visit: Visit) -> None:
    cohort = empty_cohort(one)
    claire, address = visit(one.adviser), f"/cohorts/{cohort}/rule"
    assert address in claire.get(f"/cohorts/{cohort}").links()
    page = claire.get(address)
    assert "Pas encore de condition" in page.words
    assert f"{address}/add?kind=postcode" in page.links()
    claire.get(f"{address}/add?kind=postcode")
    wrong = claire.send("/rule/add", starts="le Rhône")
    assert wrong.status == 422
    assert wrong.form("/rule/add")["starts"] == "le Rhône", "nothing typed is lost"
    assert "n’est ni un code postal" in wrong.words
    claire.get(f"{address}/add?kind=unit")
    page = claire.send("/rule/add", unit=one.agency_id)
    assert "Se forme à : Agence CANARI-1" in page.words
    page = claire.get(f"{address}/rehearsal")
    words = page.words.replace("\xa0", " ")
    assert "2 entrent" in words
    assert "0 sort" in words
    assert "CANARI-1 Nadia" in words
    assert there(one, cohort) == set()
    assert claire.send("/rule/start").status == 200
    work()
    assert there(one, cohort) == {one.learner.person_id, one.other_learner.person_id}
    words = claire.get(address).words.replace("\xa0", " ")
    assert "Active depuis" in words
    assert "2 entrées, 0 sorties" in words
    assert one.adviser.name in words.partition("Activée par")[2]
    worlds.newcomer(one, "Nina", "Nouvelle")
    assert claire.send("/rule/run").status == 200
    work()
    assert len(there(one, cohort)) == 3
    claire.get(address)
    assert "Désactivée" in claire.send("/rule/stop").words
    assert len(there(one, cohort)) == 3, "whoever is in stays"
    with db.transaction(Mode.READ, one.tenant_id):
        verbs = session.scalars(select(Entry.verb).where(Entry.verb.like("rule-%")).order_by(Entry.id)).all()
    assert verbs == ["rule-changed", "rule-switched-on", "rule-switched-off"]


def test_how_it_works_is_kept_and_a_condition_taken_away(app: Flask, one: Corner, visit: Visit) -> None:
    cohort, claire = empty_cohort(one), visit(one.adviser)
    address = f"/cohorts/{cohort}/rule"
    claire.get(address)
    claire.send(f"/cohorts/{cohort}/rule", joins="any", removes="y", removes_begun="y")
    with db.transaction(Mode.READ, one.tenant_id):
        rule = session.scalars(select(Rule)).one()
        assert (rule.joins, rule.removes, rule.removes_begun, rule.on_since) == ("any", True, True, None)
    claire.get(f"{address}/add?kind=situation")
    claire.send("/rule/add", situation="employee", is_not="1")
    (kept,) = conditions(one)
    assert (kept.kind, kept.is_not, kept.settings) == ("situation", True, {"situation": "employee"})
    page = claire.get(address)
    assert "Situation autre que : salarié" in page.words
    assert "au moins une" in claire.get(f"{address}/rehearsal").words
    claire.get(address)
    claire.send("/rule/remove")
    assert conditions(one) == []
    assert claire.get(f"{address}/add?kind=horoscope").status == 404
    claire.get(address)
    assert post(claire, f"{address}/remove", condition="9" * 30).status == 200
    assert "ne concerne personne" in post(claire, f"{address}/start").words


def test_why_somebody_is_in(app: Flask, one: Corner, visit: Visit) -> None:
    claire, cohort, nadia = visit(one.adviser), one.cohort_id, one.learner.person_id
    address = f"/cohorts/{cohort}/rule"
    assert claire.get(f"{address}/why/{nadia}").status == 200, "without a rule: its page"
    for kind, typed in (("unit", {"unit": one.agency_id}), ("postcode", {"starts": "69"})):
        claire.get(f"{address}/add?kind={kind}")
        claire.send("/rule/add", **typed)
    page = claire.get(f"{address}/why/{nadia}")
    words = page.words.replace("\xa0", " ")
    assert "parce que quelqu’un l’a décidé" in words
    assert "Se forme à : Agence CANARI-1, ou dans une unité qui en dépend Oui" in words
    assert "Code postal qui commence par : 69 Non" in words
    assert "La règle est désactivée" in words
    found = claire.get(f"{address}/why?q=canari")
    assert f"{address}/why/{nadia}" in found.links()
    assert f"{address}/why/{one.employee.person_id}" not in found.links(), "not in her branch"
    assert "Personne ne correspond" in claire.get(f"{address}/why?q=%25").words
    member = next(link for link in claire.get(f"/cohorts/{cohort}").links() if "/members/" in link)
    assert any(link.startswith(f"{address}/why/") for link in claire.get(member).links())


def test_strangers_find_no_rule(app: Flask, world: World, visit: Visit) -> None:
    one = world.one
    paths = ["", "/add?kind=unit", "/rehearsal", "/why", f"/why/{one.learner.person_id}"]
    for who, status in ((world.two.admin, 404), (one.other_adviser, 404), (one.hr, 404), (one.learner, 404)):
        other = visit(who)
        for path in paths:
            assert other.get(f"/cohorts/{one.cohort_id}/rule{path}").status == status, (who.name, path)
    claire = visit(one.adviser)
    assert claire.get(f"/cohorts/{one.cohort_id}/rule/why/{one.employee.person_id}").status == 404
    claire.get(f"/cohorts/{one.cohort_id}/rule/add?kind=unit")
    refused = claire.send("/rule/add", unit=one.company_id)
    assert refused.status == 422, "what is not offered is refused"
    assert conditions(one) == []
