"""Who somebody is of whom a provider speaks: the rules by which two accounts are one, each with what it must not do."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from lms.core import db
from lms.core.clock import now
from lms.core.db import Mode, session
from lms.organisations.models import Membership, Role
from lms.people import services as people_services
from lms.people.models import Account, Person
from lms.sso import services
from lms.sso.models import IdentityDomain, IdentityLink, LinkOrigin
from tests.sso.forger import Forger
from tests.sso.scenes import come_back, go, is_in, leave, people, tied, trusted, verbs
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]


def link_of(subject: str) -> IdentityLink | None:
    with everything(Mode.READ):
        return session.scalars(select(IdentityLink).where(IdentityLink.subject == subject)).one_or_none()


def person(number: int) -> Person:
    with everything(Mode.READ):
        return session.get_one(Person, number, populate_existing=True)


def test_an_address_alone_never_joins_two_accounts(world: World, forger: Forger, visit: Visit) -> None:
    trusted(world.one, forger.url)
    forger.said["email"] = "Claire1@exemple.fr"
    before = people()
    answer = go(visit(), forger)
    assert answer.status_code == 403
    assert "c…1@e…e.fr" in answer.get_data(as_text=True)
    assert "claire1@exemple.fr" not in answer.get_data(as_text=True)
    assert people() == before
    assert "sign-on-refused" in verbs()
    forger.said["email"] = "somebody-else@exemple.fr"
    assert go(visit(), forger).status_code == 302, "the control: another address"


def test_the_address_of_somebody_who_is_only_expected_joins_nothing_either(
    world: World, forger: Forger, visit: Visit
) -> None:
    """Nor is a second person made beside the one whom a file announced."""
    worlds.newcomer(world.one, "Paula", "Roux", email="paula@region.example")
    trusted(world.one, forger.url)
    assert go(visit(), forger).status_code == 403


def test_where_only_the_invited_come_in_a_stranger_does_not(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = trusted(world.one, forger.url, default_role=None)
    tied(world.one, number, "known", world.one.partner.person_id)
    assert go(visit(), forger).status_code == 403
    forger.sub = "known"
    assert go(visit(), forger).status_code == 302


def test_nobody_becomes_an_administrator_by_coming_along(world: World, forger: Forger, visit: Visit) -> None:
    """Even where a row says so."""
    trusted(world.one, forger.url, default_role=Role.ADMIN)
    assert go(visit(), forger).status_code == 403


def test_what_somebody_is_never_changes_at_a_sign_in(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url)
    tied(world.one, number, "paula", world.one.learner.person_id)
    go(visit(), forger)
    with db.transaction(Mode.READ, world.one.tenant_id):
        held = select(Membership.role).where(Membership.person_id == world.one.learner.person_id)
        assert session.scalars(held).all() == [Role.LEARNER]
    who = person(world.one.learner.person_id)
    assert (who.first_name, who.email) == ("Nadia", "nadia1@exemple.fr"), (
        "a file of ours does not follow theirs"
    )


def test_a_new_number_with_the_same_address_is_taken_once_where_it_was_allowed(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    assert go(visit(), forger).status_code == 302
    forger.sub = "paula-again"
    answer = go(visit(), forger)
    assert answer.status_code == 403
    assert "p…a@r…n.example" in answer.get_data(as_text=True)
    old = link_of("paula")
    assert old is not None
    admin = visit(world.one.admin)
    admin.get(f"/sso/providers/{old.provider_id}/people")
    admin.send("/new-number")
    before = people()
    assert go(visit(), forger).status_code == 302
    assert people() == before
    assert link_of("paula") is None
    forger.sub = "and-again"
    assert go(visit(), forger).status_code == 403, "once"
    assert {"identity-renewable", "identity-renewed"} <= set(verbs())


def test_a_new_number_is_not_allowed_for_ever_nor_for_administrators(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = trusted(world.one, forger.url)
    go(visit(), forger)
    tied(world.one, number, "alix", world.one.admin.person_id)
    admin = visit(world.one.admin)
    page = admin.get(f"/sso/providers/{number}/people")
    forms = [
        form.get("action") for form in page.all("form") if form.get("action", "").endswith("/new-number")
    ]
    ties = {subject: link_of(subject) for subject in ("paula", "alix")}
    assert len(forms) == 2
    admin.send(f"/people/{ties['alix'].id}/new-number")  # type: ignore[union-attr]
    alix = link_of("alix")
    assert alix is not None
    assert alix.renewable_until is None
    admin.get(f"/sso/providers/{number}/people")
    admin.send(f"/people/{ties['paula'].id}/new-number")  # type: ignore[union-attr]
    forger.sub = "paula-again"
    with time_machine.travel(now() + timedelta(days=8), tick=True):
        assert go(visit(), forger).status_code == 403


def test_a_new_address_that_is_somebody_elses_is_not_taken_and_said(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    go(visit(), forger)
    tie = link_of("paula")
    assert tie is not None
    forger.said["email"] = "moved@region.example"
    forger.more["family_name"] = "Roux-Martin"
    go(visit(), forger)
    assert person(tie.person_id).email == "moved@region.example"
    assert person(tie.person_id).last_name == "Roux-Martin"
    forger.said["email"] = "claire1@exemple.fr"
    visitor = visit()
    assert go(visitor, forger).status_code == 302
    assert "Votre nouvelle adresse chez Région n’a pas été reprise" in visitor.get("/me").words
    assert person(tie.person_id).email == "moved@region.example"
    assert "address-kept" in verbs()


@pytest.mark.parametrize(
    ("said", "code"),
    [({"email_verified": True}, 302), ({"email_verified": False}, 302), ({}, 302)],
)
def test_an_address_that_is_not_confirmed_opens_no_forgotten_password(
    said: dict[str, Any], code: int, world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    forger.said |= said
    assert go(visit(), forger).status_code == code
    tie = link_of("paula")
    assert tie is not None
    with everything(Mode.READ):
        email = session.scalar(select(Account.email).where(Account.id == tie.account_id))
    assert email == ("paula@region.example" if said.get("email_verified") else None)


def test_one_provider_takes_over_from_another_where_an_administrator_says_so(
    world: World, forger: Forger, visit: Visit
) -> None:
    """Only with an address that the new one confirms; and never into an administrator's account."""
    old = trusted(world.one, "https://old.example", "old")
    tied(world.one, old, "old-paula", world.one.partner.person_id)
    tied(world.one, old, "old-alix", world.one.admin.person_id)
    trusted(world.one, forger.url, replaces_id=old)
    forger.said |= {"email": "paula1@exemple.fr"}
    assert go(visit(), forger).status_code == 403, "not confirmed"
    forger.said |= {"email_verified": True}
    assert go(visit(), forger).status_code == 302
    tie = link_of("paula")
    assert tie is not None
    assert (tie.person_id, tie.origin) == (world.one.partner.person_id, LinkOrigin.REPLACED)
    forger.sub, forger.said = "alix", {"email": "alix1@exemple.fr", "email_verified": True}
    assert go(visit(), forger).status_code == 403


def test_without_that_word_the_same_address_stays_out(world: World, forger: Forger, visit: Visit) -> None:
    old = trusted(world.one, "https://old.example", "old")
    tied(world.one, old, "old-paula", world.one.partner.person_id)
    trusted(world.one, forger.url)
    forger.said |= {"email": "paula1@exemple.fr", "email_verified": True}
    assert go(visit(), forger).status_code == 403


def test_somebody_announced_under_a_number_comes_into_their_own_file(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = worlds.newcomer(world.one, "Paula", "Roux", hr_number="M00042")
    trusted(world.one, forger.url, default_role=None, claims={"hr_number": "employee_id"})
    forger.more["employee_id"] = "M00042"
    before = people()
    assert go(visit(), forger).status_code == 302
    assert people() == before
    tie = link_of("paula")
    assert tie is not None
    assert (tie.person_id, tie.origin) == (number, LinkOrigin.NUMBER)


@pytest.mark.parametrize("why", ["another name", "an account in use", "another unit"])
def test_a_number_alone_is_not_enough(why: str, world: World, forger: Forger, visit: Visit) -> None:
    number = worlds.newcomer(world.one, "Paula", "Roux", hr_number="M00042")
    unit: dict[str, Any] = {"unit_id": world.one.company_id} if why == "another unit" else {}
    trusted(world.one, forger.url, default_role=None, claims={"hr_number": "employee_id"}, **unit)
    forger.more["employee_id"] = "M00042"
    if why == "another name":
        forger.more["family_name"] = "Durand"
    if why == "an account in use":
        with db.transaction(tenant_id=world.one.tenant_id):
            account = people_services.create_account("paula.roux")
            session.get_one(Person, number).account_id = account.id
    assert go(visit(), forger).status_code == 403
    assert link_of("paula") is None


def test_the_owner_ties_both_accounts_and_takes_the_tie_away(
    world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url, default_role=None)
    assert go(visit(), forger).status_code == 403
    visitor = visit(world.one.learner)
    assert "/sso/mine" in visitor.get("/me").links()
    asked = tie(visitor)
    page = visitor.get("/sso/mine")
    assert f"form-action 'self' {forger.url};" in page.response.headers["Content-Security-Policy"]
    answer = come_back(visitor, code=forger.issue(asked), state=asked["state"])
    assert (answer.status_code, answer.location) == (302, "/sso/mine")
    assert "Région vous connecte désormais" in visitor.get("/sso/mine").words
    coming = visit()
    assert go(coming, forger).status_code == 302
    assert "Nadia" in coming.get("/me").words
    visitor.get("/sso/mine")
    visitor.send("/untie")
    assert go(visit(), forger).status_code == 403
    assert [verb for verb in verbs() if verb.startswith("identity-")] == [
        "identity-linked",
        "identity-unlinked",
    ]


def tie(visitor: Visitor) -> dict[str, str]:
    """Press the button on the page of one's ties; what the provider is asked."""
    from urllib.parse import parse_qs, urlsplit

    page = visitor.get("/sso/mine")
    form = next(form for form in page.all("form") if form.get("action", "").endswith("/tie"))
    left = visitor.client.post(
        form.get("action"), data={f.get("name"): f.get("value") for f in form.iter("input")}
    )
    assert left.status_code == 302
    return {name: values[0] for name, values in parse_qs(urlsplit(left.location).query).items()}


def test_a_tie_is_made_by_the_one_who_set_off_for_it(world: World, forger: Forger, visit: Visit) -> None:
    """Nobody ties their own account over there to somebody else's here by making them open an answer."""
    trusted(world.one, forger.url, default_role=None)
    attacker, victim = visit(world.one.other_learner), visit(world.one.learner)
    asked = tie(attacker)
    answer = come_back(victim, code=forger.issue(asked), state=asked["state"])
    assert answer.status_code == 403
    with attacker.client.session_transaction() as cookie:
        kept = dict(cookie["sso"])
    with victim.client.session_transaction() as cookie:
        cookie["sso"] = kept
    assert come_back(victim, code=forger.issue(asked), state=asked["state"]).status_code == 403
    assert link_of("paula") is None


def test_an_account_over_there_opens_one_account_here(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url)
    tied(world.one, number, "paula", world.one.partner.person_id)
    visitor = visit(world.one.learner)
    asked = tie(visitor)
    answer = come_back(visitor, code=forger.issue(asked), state=asked["state"])
    assert answer.status_code == 403


def test_an_administrator_takes_a_tie_away(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url, default_role=None)
    tied(world.one, number, "paula", world.one.partner.person_id)
    admin = visit(world.one.admin)
    admin.get(f"/sso/providers/{number}/people")
    assert "personne reste" in admin.send("/untie").words
    assert go(visit(), forger).status_code == 403


def invitation(number: int, world: World) -> str:
    """The link in the mail that invites this person: its token."""
    with db.transaction(tenant_id=world.one.tenant_id):
        who = session.get_one(Person, number)
        account = people_services.create_account("invited", email=who.email)
        who.account_id = account.id
        return people_services.make_link(account.id, people_services.WEEK).rpartition("/")[2]


def test_whoever_was_invited_comes_by_the_provider_that_knows_the_same_address(
    world: World, forger: Forger, visit: Visit
) -> None:
    number = worlds.newcomer(world.one, "Paula", "Roux", email="paula@region.example")
    trusted(world.one, forger.url, default_role=None)
    token = invitation(number, world)
    page = visit().get(f"/sign-in/new-password/{token}")
    assert f"/sso/region/start?invitation={token}" in page.links()
    forger.said["email"] = "somebody-else@region.example"
    visitor = visit()
    asked = leave(visitor, invitation=token)
    answer = come_back(visitor, code=forger.issue(asked), state=asked["state"])
    assert answer.status_code == 403
    assert "p…a@r…n.example" in answer.get_data(as_text=True)
    forger.said["email"] = "Paula@region.example"
    asked = leave(visitor, invitation=token)
    assert come_back(visitor, code=forger.issue(asked), state=asked["state"]).status_code == 302
    tie = link_of("paula")
    assert tie is not None
    assert (tie.person_id, tie.origin) == (number, LinkOrigin.INVITATION)
    assert is_in(visitor)
    forger.sub = "stranger"
    other = visit()
    asked = leave(other, invitation=token)
    assert come_back(other, code=forger.issue(asked), state=asked["state"]).status_code == 403, "once"


def test_a_name_that_is_not_ones_own_is_not_tied_to_a_certified_one(
    world: World, forger: Forger, visit: Visit
) -> None:
    """A helper who signs in over there as themself does not become the learner before them."""
    trusted(world.one, forger.url, kind="france-connect", default_role=None)
    forger.said["acr"] = "eidas1"
    forger.userinfo = forger.signed_about
    visitor = visit(world.one.learner)
    asked = tie(visitor)
    assert come_back(visitor, code=forger.issue(asked), state=asked["state"]).status_code == 403
    forger.more = {"given_name": "NADIA", "family_name": "CANARI-1"}
    asked = tie(visitor)
    assert come_back(visitor, code=forger.issue(asked), state=asked["state"]).status_code == 302
    assert person(world.one.learner.person_id).certified_by == "Région"


def test_where_domains_are_named_a_newcomer_has_an_address_there(
    world: World, forger: Forger, visit: Visit
) -> None:
    """A provider at which anybody may open an account brings nobody by itself."""
    number = trusted(world.one, forger.url)
    with db.transaction(tenant_id=world.one.tenant_id):
        session.add(
            IdentityDomain(tenant_id=world.one.tenant_id, provider_id=number, domain="region.example")
        )
    forger.said["email"] = "paula@elsewhere.example"
    assert go(visit(), forger).status_code == 403
    forger.said["email"] = "paula@region.example"
    assert go(visit(), forger).status_code == 302


@pytest.mark.parametrize("name", ["P\u0000aula", "x" * 5000, {"a": 1}, ["Paula"], 7, None, "\u202ealuaP"])
def test_whatever_a_provider_writes_is_a_name_or_nothing(
    name: Any, world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    forger.more["given_name"] = name
    forger.said |= {
        "email": "not an address",
        "phone_number": [],
        "birthdate": "0000",
        "picture": {"x": "\u0000"},
    }
    visitor = visit()
    assert go(visitor, forger).status_code == 302
    tie = link_of("paula")
    assert tie is not None
    who = person(tie.person_id)
    assert len(who.first_name) <= 200
    assert who.first_name.isprintable()
    assert who.email is None
    assert visitor.get("/me").status == 200


@pytest.mark.parametrize("sub", ["p\u0000", "x" * 256, " \n"])
def test_a_number_that_no_row_can_hold_is_refused(
    sub: str, world: World, forger: Forger, visit: Visit
) -> None:
    trusted(world.one, forger.url)
    forger.sub = sub
    assert go(visit(), forger).status_code == 403


def test_archived_and_gone_people_stay_out(world: World, forger: Forger, visit: Visit) -> None:
    number = trusted(world.one, forger.url)
    tied(world.one, number, "paula", world.one.partner.person_id)
    assert go(visit(), forger).status_code == 302
    with db.transaction(tenant_id=world.one.tenant_id):
        session.execute(
            update(Person).where(Person.id == world.one.partner.person_id).values(archived_at=now())
        )
    assert go(visit(), forger).status_code == 403


def test_redaction_shows_nothing_that_one_does_not_know() -> None:
    assert services.redacted("paula@region.example") == "p…a@r…n.example"
