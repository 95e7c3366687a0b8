"""Who may do what, on one page: in both languages, from the policies, and as the matrix of routes says."""

from collections.abc import Callable

import pytest
from flask import Flask

from lms.core import i18n
from lms.home import rights
from lms.organisations.models import Role
from tests.support.page import Visitor

Visit = Callable[..., Visitor]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_page_says_every_rule_in_words(app: Flask, visit: Visit, language: str) -> None:
    browser = visit()
    with browser.client.session_transaction() as cookie:
        cookie["language"] = language
    page = browser.get("/rights")
    assert page.status == 200
    assert "may_" not in page.words, "no name of the code"
    with i18n.speaking_to(language):
        for room in rights.rooms(app):
            for policy in rights.policies(app, room):
                assert " ".join(rights.words(policy).split()) in page.words, policy


def test_every_rule_has_its_french(app: Flask) -> None:
    for room in rights.rooms(app):
        for policy in rights.policies(app, room):
            with i18n.speaking_to("en"):
                said = rights.words(policy)
            with i18n.speaking_to("fr"):
                assert rights.words(policy) != said, policy


def test_every_room_with_rules_has_a_chapter(app: Flask) -> None:
    assert {room for room in rights.rooms(app) if rights.policies(app, room)} <= set(rights.CHAPTERS)


def answers(app: Flask, room: str, name: str) -> dict[Role, str]:
    """What one rule says to each role."""
    (policy,) = (one for one in rights.policies(app, room) if one.__name__ == name)
    return {role: rights.answer(policy, role) for role in Role}


def test_an_answer_is_what_the_policy_says(app: Flask) -> None:
    changing = answers(app, "people", "may_change_person")
    assert changing[Role.ADMIN] == rights.YES
    assert changing[Role.ADVISER] == changing[Role.HR_MANAGER] == rights.PARTLY
    assert {changing[role] for role in (Role.AUDITOR, Role.TRAINER, Role.LEARNER, Role.PARTNER)} == {
        rights.NO
    }
    giving = answers(app, "organisations", "may_give_role")
    assert (giving[Role.ADMIN], giving[Role.ADVISER], giving[Role.MANAGER]) == (
        rights.YES,
        rights.PARTLY,
        rights.NO,
    )


def test_an_auditor_has_no_deed_of_the_staff(app: Flask) -> None:
    """Reading is theirs; no rule that makes, changes or ends something is."""
    for room in ("people", "organisations", "enrolment"):
        for policy in rights.policies(app, room):
            deeds = (
                "add",
                "change",
                "merge",
                "shut",
                "place",
                "make",
                "prune",
                "give",
                "choose",
                "enrol",
                "share",
                "print",
            )
            if policy.__name__.split("_")[1] in deeds:
                assert rights.answer(policy, Role.AUDITOR) == rights.NO, policy
