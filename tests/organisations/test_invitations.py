"""Invitations: who gives which, how they are accepted, and when they let nobody in."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import func, select, update

from lms.core import db, jobs
from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations import invitation, policies
from lms.organisations.actor import Actor
from lms.organisations.models import Invitation, Membership, Organisation, Role
from lms.organisations.services.invitations import roles_to_give
from lms.people.models import Account, Failure, Person
from lms.people.services import held_on
from tests.people.accounts import give_password, is_in, mails, sign_in
from tests.people.test_passwords import work_now
from tests.support import worlds
from tests.support.page import Page, Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
SECRET = "tortue violette sous la lampe"


def mail_to(browser: Visitor, corner: Corner, *addresses: str, role: str = "learner") -> Page:
    """Invite these to the agency."""
    browser.get(f"/organisations/{corner.agency_id}/invitations")
    return browser.send("/invitations/mail", addresses="\n".join(addresses), role=role)


def path_in(mail: object) -> str:
    details = mail.details  # type: ignore[attr-defined]
    return str(details["url"]).removeprefix("http://localhost")


def give_link(browser: Visitor, organisation_id: int, role: str = "learner", most: int = 2) -> str:
    """A link of the organisation; the path to it."""
    browser.get(f"/organisations/{organisation_id}/invitations")
    page = browser.send("/invitations/link", **{"link-role": role, "link-most": str(most)})
    found = re.search(r"/invitations/[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", page.words)
    assert found
    return found[0]


def arrive(browser: Visitor, path: str, first: str = "Lan", last: str = "Nguyen") -> Page:
    """Accept without an account."""
    browser.get(path)
    return browser.send("/account", first_name=first, last_name=last, password=SECRET, again=SECRET)


def memberships(account_login: str) -> set[tuple[int, Role]]:
    """Where the account of this login leads, and as what."""
    with everything(db.Mode.READ):
        found = (
            select(Membership.organisation_id, Membership.role)
            .join(Person, Person.id == Membership.person_id)
            .join(Account, Account.id == Person.account_id)
            .where(Account.login == account_login)
        )
        return {(one.organisation_id, one.role) for one in session.execute(found)}


# --- who gives which -------------------------------------------------------------------------------------------------

#: who -> roles that they give by invitation.
GIVE: dict[Role, set[Role]] = {
    Role.ADMIN: set(Role) - {Role.AUDITOR},
    Role.HR_MANAGER: {Role.LEARNER, Role.MANAGER},
    Role.ADVISER: {Role.LEARNER},
    Role.MANAGER: set(),
    Role.TRAINER: set(),
    Role.MEDIATOR: set(),
    Role.AUDITOR: set(),
    Role.PARTNER: set(),
    Role.LEARNER: set(),
}


@pytest.mark.parametrize("role", GIVE)
def test_the_rules_as_a_table(role: Role) -> None:
    who = Actor(1, 1, 1, 1, 1, "", "", "", frozenset({role}))
    assert set(roles_to_give(who)) == GIVE[role]
    assert policies.may_invite(who, Organisation()) == bool(GIVE[role])
    for given in Role:
        assert policies.may_end_invitation(who, Invitation(role=given)) == policies.may_give_role(who, given)


def test_a_role_that_one_may_not_give_is_refused(world: World, visit: Visit) -> None:
    """Whatever the form says: the list of roles is judged again."""
    assert mail_to(visit(world.one.adviser), world.one, "x@exemple.fr", role="admin").status == 422
    assert mails() == []


def test_the_invitations_of_others_do_not_exist(world: World, visit: Visit) -> None:
    give_link(visit(world.one.adviser), world.one.agency_id)
    with everything(db.Mode.READ):
        number = session.scalars(select(Invitation.id)).one()
    for stranger in (world.two.admin, world.one.other_adviser, world.one.hr):
        browser = visit(stranger)
        token = browser.get("/me").form("/sign-out")["csrf_token"]
        assert browser.get(f"/organisations/invitations/{number}").status == 404
        answer = browser.client.post(
            f"/organisations/invitations/{number}/revoke", data={"csrf_token": token}
        )
        assert answer.status_code == 404
        assert browser.get(f"/organisations/{world.one.agency_id}/invitations").status == 404


# --- by mail ---------------------------------------------------------------------------------------------------------


def test_a_mail_leads_to_an_account_and_a_place(world: World, visit: Visit) -> None:
    page = mail_to(visit(world.one.admin), world.one, "lan@exemple.fr, Bruno@exemple.fr", role="adviser")
    assert page.status == 200
    assert [mail.address for mail in mails()] == ["lan@exemple.fr", "bruno@exemple.fr"]
    browser, path = visit(), path_in(mails()[0])
    for _n in range(2):
        assert "Conseil et suivi" in browser.get(path).words, "looking uses nothing up"
    page = arrive(browser, path)
    assert page.status == 200
    assert is_in(browser)
    assert memberships("lan@exemple.fr") == {(world.one.agency_id, Role.ADVISER)}
    later = visit()
    sign_in(later, "lan@exemple.fr", SECRET)
    assert is_in(later)
    assert visit().get(path).status == 410
    with everything(db.Mode.READ):
        assert {"invitations-mailed", "invitation-accepted", "rights-changed"} <= set(
            session.scalars(select(Entry.verb))
        )


def test_many_addresses_cost_as_many_statements_as_one(world: World, visit: Visit) -> None:
    browser, sent = visit(world.one.admin), []
    for size in (1, 40):
        browser.get(f"/organisations/{world.one.agency_id}/invitations")
        with statements() as said:
            browser.send("/invitations/mail", addresses=" ".join(f"n{n}@e{size}.fr" for n in range(size)))
        sent.append(len(said))
    assert sent[0] == sent[1]
    assert len(mails()) == 41


@pytest.mark.parametrize("typed", ["", "lan", "lan@exemple.fr pas-une-adresse", "a@b"])
def test_what_is_no_address_is_named_and_nothing_leaves(world: World, visit: Visit, typed: str) -> None:
    page = mail_to(visit(world.one.admin), world.one, typed)
    assert page.status == 422
    assert mails() == []
    assert page.form("/mail")["addresses"].strip() == typed, "what was typed is still there"


def test_more_than_one_sends_by_hand_is_refused(world: World, visit: Visit) -> None:
    assert mail_to(visit(world.one.admin), world.one, *(f"n{n}@exemple.fr" for n in range(201))).status == 422


def test_a_second_mail_replaces_the_first(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    for _n in range(2):
        mail_to(browser, world.one, "lan@exemple.fr")
    old, new = (path_in(mail) for mail in mails())
    assert visit().get(old).status == 410
    assert arrive(visit(), new).status == 200


def test_an_address_with_an_account_is_not_given_a_second_one(world: World, visit: Visit) -> None:
    mail_to(visit(world.two.admin), world.two, "claire1@exemple.fr")
    page = arrive(visit(), path_in(mails()[0]))
    assert page.status == 409
    with db.transaction(db.Mode.READ):
        same = select(func.count()).select_from(Account).where(Account.email == "claire1@exemple.fr")
        assert session.scalar(same) == 1


def test_a_person_whom_the_tenant_knows_by_the_address_is_not_made_twice(world: World, visit: Visit) -> None:
    person_id = worlds.newcomer(world.one, "Mehdi", "Haddad", email="mehdi@exemple.fr")
    mail_to(visit(world.one.adviser), world.one, "mehdi@exemple.fr")
    arrive(visit(), path_in(mails()[0]), "Mehdi", "Haddad")
    with everything(db.Mode.READ):
        assert session.get_one(Person, person_id).account_id is not None
        same = select(func.count()).select_from(Person).where(Person.email == "mehdi@exemple.fr")
        assert session.scalar(same) == 1


# --- by a link and a code --------------------------------------------------------------------------------------------


def test_a_link_lets_so_many_in(world: World, visit: Visit) -> None:
    path = give_link(visit(world.one.adviser), world.one.agency_id, most=2)
    for name in ("Un", "Deux"):
        browser = visit()
        assert arrive(browser, path, name).status == 200
        assert is_in(browser)
    page = visit().get(path)
    assert page.status == 410
    assert "déjà servi" in page.words.replace("\u00a0", " ")
    assert memberships("un.nguyen") == {(world.one.agency_id, Role.LEARNER)}


def test_of_many_who_come_together_no_more_get_in(world: World, visit: Visit) -> None:
    path = give_link(visit(world.one.adviser), world.one.agency_id, most=1)
    browsers = [visit() for _n in range(3)]
    for browser in browsers:
        browser.get(path)
    codes = [
        browser.send(
            "/account", first_name=f"N{'abc'[n]}", last_name="X", password=SECRET, again=SECRET
        ).status
        for n, browser in enumerate(browsers)
    ]
    assert sorted(codes) == [200, 410, 410]
    assert sum(map(is_in, browsers)) == 1


def test_logins_are_made_of_names(world: World, visit: Visit) -> None:
    path = give_link(visit(world.one.adviser), world.one.agency_id, most=3)
    for _n in range(2):
        page = arrive(visit(), path, "Zoé", "Le Goff")
    assert "zoe.le-goff2" in page.words
    assert {one.login for one in accounts()} >= {"zoe.le-goff", "zoe.le-goff2"}
    assert not any(one.email for one in accounts() if one.login.startswith("zoe")), "nobody proved an address"


def accounts() -> list[Account]:
    with db.transaction(db.Mode.READ):
        found = list(session.scalars(select(Account)))
        session.expunge_all()
        return found


@pytest.mark.parametrize("how", ["{}", " {} ", "lower", "spaces"])
def test_the_code_is_typed_as_one_likes(world: World, visit: Visit, how: str) -> None:
    path = give_link(visit(world.one.adviser), world.one.agency_id)
    code = path.rpartition("/")[2]
    typed = {"lower": code.lower(), "spaces": code.replace("-", " ")}.get(how, how.format(code))
    browser = visit()
    browser.get("/invitations")
    page = browser.send("/invitations", code=typed)
    assert page.response.request.path == path
    with db.transaction(db.Mode.READ):
        assert session.scalar(select(func.count()).select_from(Failure)) == 0


def test_codes_are_not_tried_for_long(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False):
        with db.transaction():
            session.add_all(Failure(subject=f"s{n}", address="127.0.0.0/24") for n in range(300))
        path = give_link(visit(world.one.adviser), world.one.agency_id)
        browser = visit()
        browser.get("/invitations")
        assert browser.send("/invitations", code=path.rpartition("/")[2]).status == 422


def test_the_table_holds_no_code_in_clear(world: World, visit: Visit) -> None:
    code = give_link(visit(world.one.adviser), world.one.agency_id).rpartition("/")[2]
    with everything(db.Mode.READ):
        row = session.scalars(select(Invitation)).one()
        assert code not in f"{row.code_hash} {row.sealed_code}"
        assert row.code_hash == invitation.code_hash(code)


@pytest.mark.parametrize("code", ["AAAA-AAAA-AAAA", "x", "%00", "<script>", "é" * 300])
def test_an_unknown_code_says_so(world: World, visit: Visit, code: str) -> None:
    assert visit().get(f"/invitations/{code}").status in (400, 404)
    browser = visit(world.one.adviser)
    token = browser.get("/me").form("/sign-out")["csrf_token"]
    answer = browser.client.post(f"/invitations/{code}/join", data={"csrf_token": token})
    assert answer.status_code in (400, 404, 410)


# --- when they let nobody in -----------------------------------------------------------------------------------------


def test_one_that_is_over_taken_back_or_void_says_so(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        claire, boss = visit(world.one.adviser), visit(world.one.admin)
        late, back, void = (give_link(claire, world.one.agency_id) for _n in range(3))
        boss.get(f"/organisations/{world.one.agency_id}/invitations")
        with everything(db.Mode.READ):
            number = session.scalars(
                select(Invitation.id).where(
                    Invitation.code_hash == invitation.code_hash(back.rpartition("/")[2])
                )
            ).one()
        boss.get(f"/organisations/invitations/{number}")
        boss.send("/revoke")
        assert "reprise" in visit().get(back).words
        clock.shift(timedelta(days=15))
        assert "terminée" in visit().get(late).words
        clock.shift(timedelta(days=-15))
        with db.transaction(tenant_id=world.one.tenant_id):
            mine = Membership.person_id == world.one.adviser.person_id
            session.execute(update(Membership).where(mine).values(role=Role.TRAINER))
        page = visit().get(void)
        assert page.status == 410
        assert "plus valable" in page.words
        assert {arrive_at(visit(), path) for path in (late, back, void)} == {410}


def arrive_at(browser: Visitor, path: str) -> int:
    """Send the form of an invitation that was opened before it closed."""
    token = browser.get("/sign-in").form("/sign-in")["csrf_token"]
    typed = {"first_name": "Lan", "last_name": "X", "password": SECRET, "again": SECRET, "csrf_token": token}
    return browser.client.post(f"{path}/account", data=typed).status_code


@pytest.mark.parametrize(
    "wrong",
    [{"password": "court", "again": "court"}, {"again": "autre chose encore"}, {"first_name": "R2D2"}, {"last_name": ""},
     {"password": "LanNguyen!!2026", "again": "LanNguyen!!2026"}, {"password": "thunderbird77!", "again": "thunderbird77!"}],
)  # fmt: skip
def test_what_cannot_be_is_sent_back_and_uses_nothing_up(
    world: World, visit: Visit, wrong: dict[str, str]
) -> None:
    path = give_link(visit(world.one.adviser), world.one.agency_id)
    typed = {"first_name": "Lan", "last_name": "Nguyen", "password": SECRET, "again": SECRET} | wrong
    browser = visit()
    browser.get(path)
    assert browser.send("/account", **typed).status == 422
    with everything(db.Mode.READ):
        assert session.scalars(select(Invitation.used)).one() == 0


# --- one account, two tenants ----------------------------------------------------------------------------------------


def test_an_account_joins_another_tenant_and_moves_between_both(world: World, visit: Visit) -> None:
    one, two = world.one, world.two
    path = give_link(visit(two.admin), two.agency_id, role="adviser")
    give_password(one.adviser)
    browser = visit()
    browser.get(path)
    page = browser.get(next(link for link in browser.page.links() if "next=" in link))  # type: ignore[union-attr]
    page = browser.send("/sign-in", login=one.adviser.login, password=SECRET)
    assert page.response.request.path == path
    page = browser.send("/join")
    assert page.status == 200
    assert "CANARI-2" in browser.get("/cohorts").words
    assert "CANARI-1" not in browser.get("/cohorts").text("main")
    browser.get("/me")
    browser.send("/organisations/in-hand", organisation=str(one.agency_id))
    assert "CANARI-1" in browser.get("/cohorts").words
    assert "CANARI-2" not in browser.get("/cohorts").text("main")
    assert memberships(one.adviser.login) == {(one.agency_id, Role.ADVISER), (two.agency_id, Role.ADVISER)}
    with everything(db.Mode.READ):
        mine = select(Person.tenant_id, Person.first_name).where(Person.account_id == one.adviser.account_id)
        assert sorted(map(tuple, session.execute(mine))) == [
            (one.tenant_id, "Claire"),
            (two.tenant_id, "Claire"),
        ]


def test_whoever_is_that_already_uses_nothing_up(world: World, visit: Visit) -> None:
    path = give_link(visit(world.one.admin), world.one.agency_id, role="adviser", most=1)
    browser = visit(world.one.adviser)
    browser.get(path)
    assert browser.send("/join").status == 200
    with everything(db.Mode.READ):
        assert session.scalars(select(Invitation.used)).one() == 0


def test_a_second_role_is_one_more_for_the_same_person(world: World, visit: Visit) -> None:
    path = give_link(visit(world.one.admin), world.one.agency_id, role="trainer")
    browser = visit(world.one.adviser)
    browser.get(path)
    browser.send("/join")
    assert memberships(world.one.adviser.login) == {
        (world.one.agency_id, Role.ADVISER), (world.one.agency_id, Role.TRAINER)
    }  # fmt: skip


# --- forgotten -------------------------------------------------------------------------------------------------------


def test_the_night_forgets_who_never_came(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for corner in (world.one, world.two):
            mail_to(visit(corner.admin), corner, "jamais@exemple.fr")
        clock.shift(timedelta(days=14 + 31))
        with db.transaction():
            jobs.later("organisations.forget")
        work_now()
        with everything(db.Mode.READ):
            assert session.scalars(select(Invitation)).all() == []


def test_who_is_erased_is_in_no_invitation(world: World, visit: Visit) -> None:
    from lms.people.services import erase

    one = world.one
    mail_to(visit(one.admin), one, "nadia1@exemple.fr", "autre@exemple.fr")
    with db.transaction(db.Mode.READ, one.tenant_id):
        parts = {part.name: part for part in held_on(one.tenant_id, one.learner.person_id)}
    assert [row["email"] for row in parts["invitation"].rows] == ["nadia1@exemple.fr"]
    with db.transaction(tenant_id=one.tenant_id):
        erase(one.tenant_id, [one.learner.person_id])
    with everything(db.Mode.READ):
        assert session.scalars(select(Invitation.email)).all() == ["autre@exemple.fr"]


def test_the_list_shows_what_became_of_them_in_a_constant_number_of_statements(
    world: World, visit: Visit
) -> None:
    browser, path = visit(world.one.admin), f"/organisations/{world.one.agency_id}/invitations"
    mail_to(browser, world.one, "a@exemple.fr")
    browser.get(path)
    with statements() as few:
        assert "a@exemple.fr" in browser.get(path).words
    mail_to(browser, world.one, *(f"n{n}@exemple.fr" for n in range(30)))
    browser.get(path)
    with statements() as many:
        browser.get(path)
    assert len(few) == len(many)
