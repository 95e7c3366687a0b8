"""Every route says whether somebody may use it in a learner's name: what is open, people have read here; the rest is closed."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lms.core import db
from lms.core.behalf import OnBehalf, Scope
from lms.core.clock import now
from lms.core.db import session
from lms.courses.activity import ActivityKind
from lms.mandates.models import Mandate
from tests.house import staircase
from tests.support.page import Visitor
from tests.support.worlds import World

#: What may be opened or done in a learner's name. Never a test that counts, a signature, a consent, or what is held on somebody.
OPEN = {
    OnBehalf.ALWAYS: {
        "home.first", "home.help_", "home.legal", "home.privacy", "home.accessibility", "home.site_map",
        "core.set_language", "core.display", "core.set_display", "organisations.colours", "organisations.picture",
        "mandates.stop",
        "people.signed_out", "people.sign_out", "people.signed_out_idle", "people.sign_out_idle",
    },
    OnBehalf.COURSES: {
        "home.learn", "progress.course", "progress.step", "progress.submit", "progress.open_", "progress.draft",
        "progress.end", "courses.media",
    },
    OnBehalf.PAPERS: {"certificates.mine", "certificates.certificate", "certificates.pdf"},
}  # fmt: skip
_FORBIDDEN = ("sign_in", "agree", "consent", "password", "code", "erase", "my_data", "request", "withdraw")


def said(app: Flask, endpoint: str) -> Any:
    return vars(app.view_functions[endpoint])["on_behalf"]


def test_every_route_says_whether_it_may_be_used_in_somebodys_name(app: Flask) -> None:
    views = {rule.endpoint for method in ("GET", "POST") for rule in staircase.rules(app, method)}
    assert [one for one in views if not isinstance(said(app, one), OnBehalf)] == []
    for word in OnBehalf:
        found = {one for one in views if said(app, one) is word}
        if word is not OnBehalf.NEVER:
            assert found == OPEN[word], word
            assert [one for one in found for bad in _FORBIDDEN if bad in one.partition(".")[2]] == []


def test_a_test_that_counts_is_nobody_elses(app: Flask) -> None:
    """The player is one route for every kind of step: the kinds themselves say what counts."""
    from lms.courses.models import Activity

    counting = {
        name
        for name, kind in ActivityKind.registered.items()
        if kind().counts(Activity(content={"pass_mark": 80, "questions": []}))
    }
    assert "quiz" in counting
    assert not ActivityKind.registered["quiz"]().counts(Activity(content={"questions": []}))


def test_whatever_is_closed_stays_closed_while_one_acts(
    app: Flask, world: World, visit: Callable[..., Visitor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address in turn, by somebody who holds a mandate for everything: what does not say so is refused."""
    subjects = staircase.subjects(app, world)  # made once, for both methods
    monkeypatch.setattr(staircase, "subjects", lambda *_: subjects)
    gets, posts = (staircase.addresses(app, world, method) for method in ("GET", "POST"))
    with db.transaction(tenant_id=world.one.tenant_id):
        mandate = session.scalars(select(Mandate)).one()
        mandate.scopes, mandate.signed_at, mandate.ends_at = (
            [*Scope],
            now(),
            now().replace(year=now().year + 1),
        )
        number = mandate.id
    adviser = visit(world.one.adviser)
    with adviser.client.session_transaction() as cookie:
        cookie["for"] = number
    app.config["WTF_CSRF_ENABLED"] = False
    try:
        answers = {}
        for method, addresses in (("GET", gets), ("POST", posts)):
            for rule, path in addresses:
                is_closed = said(app, rule.endpoint) is OnBehalf.NEVER
                if is_closed and rule.endpoint not in ("core.healthz", "core.figures"):
                    with adviser.client.open(path, method=method) as answer:
                        answers[method, path] = answer.status_code
    finally:
        app.config["WTF_CSRF_ENABLED"] = True
    assert len(answers) > 100
    assert {where: code for where, code in answers.items() if code != 403} == {}
