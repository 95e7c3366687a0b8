"""The tree cut back and grafted: added below, moved, merged, archived; identifiers and switches."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, update

from lms.core import db
from lms.core.db import Mode, session
from lms.core.journal import Entry
from lms.enrolment.models import Cohort, Member
from lms.enrolment.states import MemberState
from lms.organisations import identifiers, policies, queries, services
from lms.organisations.actor import Actor
from lms.organisations.features import NO_CARDS, OWN_CASELOAD
from lms.organisations.models import Branch, Membership, Organisation, OrganisationKind, Role
from lms.organisations.services import CannotBeDone
from tests.house import filled
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import Corner, World

Visit = Callable[..., Visitor]


def closure(corner: Corner) -> set[tuple[int, int]]:
    """Who lies below whom, as the table says."""
    with everything(Mode.READ):
        rows = session.execute(
            select(Branch.above_id, Branch.below_id).where(Branch.tenant_id == corner.tenant_id)
        )
        return {(above, below) for above, below in rows}  # fmt: skip


def reckoned(corner: Corner) -> set[tuple[int, int]]:
    """The same, reckoned from the parents."""
    with everything(Mode.READ):
        rows = select(Organisation.id, Organisation.parent_id)
        parents = dict(session.execute(rows.where(Organisation.tenant_id == corner.tenant_id)).all())
    pairs = set()
    for below in parents:
        above: int | None = below
        while above is not None:
            pairs.add((above, below))
            above = parents[above]
    return pairs


def one_of(corner: Corner, number: int) -> Organisation:
    """The row as it is now."""
    with everything(Mode.READ):
        return session.get_one(Organisation, number)


def add(corner: Corner, parent_id: int, name: str) -> int:
    """An organisation below another one."""
    with db.transaction(tenant_id=corner.tenant_id):
        parent = session.get_one(Organisation, parent_id)
        made = services.add_below(parent, name, OrganisationKind.AGENCY, level="site", slug="", actor=None)
        return made.id


def send(browser: Visitor, path: str, **typed: object) -> int:
    """Send a form without having seen its page."""
    token = browser.get("/me").form("/language")["csrf_token"]
    return browser.client.post(path, data={"csrf_token": token, **typed}).status_code


def test_one_is_added_below_with_what_the_one_above_has(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).features = [NO_CARDS]
    browser.get(f"/organisations/{one.agency_id}/add")
    page = browser.send(f"/organisations/{one.agency_id}/add", name="Guichet de l’Étang", level="guichet")
    assert page.status == 200
    with everything(Mode.READ):
        made = session.scalars(select(Organisation).where(Organisation.name == "Guichet de l’Étang")).one()
        assert (made.slug, made.parent_id, made.features) == ("guichet-de-l-etang", one.agency_id, [NO_CARDS])
        assert made.help_phone == "01 99 00 42 10"
    assert closure(one) == reckoned(one)
    browser.get(f"/organisations/{one.agency_id}/add")
    assert browser.send(f"/organisations/{one.agency_id}/add", name="Guichet de l’Étang").status == 200
    taken = {"name": "x", "slug": "agence-2"}  # another customer's
    browser.get(f"/organisations/{one.agency_id}/add")
    assert browser.send(f"/organisations/{one.agency_id}/add", **taken).status == 422


@pytest.mark.parametrize(
    ("number", "is_doubtful"),
    [
        ("356 000 000 00048", False),  # La Poste's head office
        ("35600000049837", False),  # a post office: its digits add up to a multiple of five
        ("35600000049838", True), ("73282932000074", False), ("73282932000075", True), ("", False),
    ],
)  # fmt: skip
def test_a_siret_that_fails_is_kept_with_a_warning(
    world: World, visit: Visit, number: str, is_doubtful: bool
) -> None:
    one, browser = world.one, visit(world.one.admin)
    browser.get(f"/organisations/{one.agency_id}")
    page = browser.send(f"/organisations/{one.agency_id}", siret=number)
    assert page.status == 200
    assert (one_of(one, one.agency_id).siret or "") == number.replace(" ", "")
    assert bool(identifiers.siret_doubt(number.replace(" ", ""))) is is_doubtful
    assert ("SIRET est" in page.words or "SIRET is" in page.words) is is_doubtful


@pytest.mark.parametrize(
    "typed", [{"siret": "123"}, {"nda": "1234567890"}, {"safir": "9502A"}, {"kind": "moon"}, {"zone": "Mars/Olympus"}]
)  # fmt: skip
def test_a_number_of_another_length_is_sent_back(world: World, visit: Visit, typed: dict[str, str]) -> None:
    one, browser = world.one, visit(world.one.admin)
    browser.get(f"/organisations/{one.agency_id}")
    assert browser.send(f"/organisations/{one.agency_id}", **typed).status == 422


def test_moving_takes_all_below_along(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    site = add(one, one.agency_id, "Site")
    desk = add(one, site, "Guichet")
    page = browser.get(f"/organisations/{one.agency_id}/move?to={one.company_id}")
    assert "3" in page.words
    assert send(browser, f"/organisations/{one.agency_id}/move", to=one.company_id) == 302
    assert closure(one) == reckoned(one) >= {(one.company_id, desk), (one.root_id, desk)}
    assert visit(one.hr).fetch(f"/people/{one.learner.person_id}").status_code == 200, "now below the company"
    with everything(Mode.READ):
        assert "organisation-moved" in set(session.scalars(select(Entry.verb)))


def test_moving_takes_as_many_statements_for_a_large_branch(world: World) -> None:
    one, sent = world.one, []
    for size in (1, 20):
        for n in range(size):
            add(one, one.agency_id, f"Site {size} {n}")
        for to in (one.company_id, one.root_id):
            with db.transaction(tenant_id=one.tenant_id):
                moved, under = session.get_one(Organisation, one.agency_id), session.get_one(Organisation, to)
                with statements() as said:
                    services.move(moved, under, None)
            sent.append(len(said))
    assert len(set(sent)) == 1
    assert closure(one) == reckoned(one)


def test_what_cannot_be_moved_says_why_and_stays(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    site = add(one, one.agency_id, "Site")
    before = closure(one)
    assert send(browser, f"/organisations/{one.root_id}/move", to=one.company_id) == 403, "the one in hand"
    assert send(browser, f"/organisations/{one.agency_id}/move", to=site) == 409, "below itself"
    assert send(browser, f"/organisations/{one.agency_id}/move", to=one.root_id) == 409, "there already"
    assert send(browser, f"/organisations/{one.agency_id}/move", to=world.two.root_id) == 422, "not in sight"
    assert send(browser, f"/organisations/{one.agency_id}/move") == 422
    assert closure(one) == before
    page = browser.get(f"/organisations/{one.agency_id}/move?to={site}")
    assert len([e for e in page.all("div") if e.get("role") == "alert"]) == 1
    assert [
        form for form in page.all("form") if form.get("method") == "post" and "move" in form.get("action", "")
    ] == []


def test_merging_two_agencies_keeps_everybody(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    site = add(one, one.agency_id, "Site")
    with db.transaction(tenant_id=one.tenant_id):
        there = session.get_one(Organisation, one.other_agency_id)
        services.add_member(one.learner.person_id, there, Role.LEARNER)  # in both
        session.flush()
    page = browser.get(f"/organisations/{one.agency_id}/merge?to={one.other_agency_id}")
    assert page.form("/language")
    assert send(browser, f"/organisations/{one.agency_id}/merge", to=one.other_agency_id) == 302
    gone = one_of(one, one.agency_id)
    assert (gone.merged_into_id, gone.archived_at is not None) == (one.other_agency_id, True)
    assert one_of(one, site).parent_id == one.other_agency_id
    assert closure(one) == reckoned(one)
    with everything(Mode.READ):
        assert session.get_one(Cohort, one.cohort_id).organisation_id == one.other_agency_id
        own = select(func.count()).where(Membership.person_id == one.learner.person_id)
        assert session.scalar(own) == 1
    adviser = visit(one.adviser)
    assert adviser.fetch("/people").status_code == 302, "the cookie speaks of a place that is no more"
    assert visit(one.other_adviser).fetch(f"/cohorts/{one.cohort_id}").status_code == 200
    assert browser.get(f"/organisations/{one.agency_id}").status == 200
    assert f"/organisations/{one.other_agency_id}" in browser.page.links()  # type: ignore[union-attr]
    assert send(browser, f"/organisations/{one.agency_id}/restore") == 409


def test_two_cohorts_of_one_name_stand_against_a_merge(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    with db.transaction(tenant_id=one.tenant_id):
        worlds.cohort(one.tenant_id, one.other_agency_id, "Cohorte CANARI-1", [], [])
    before = filled.everything()
    page = browser.get(f"/organisations/{one.agency_id}/merge?to={one.other_agency_id}")
    assert "Cohorte CANARI-1" in page.words
    assert send(browser, f"/organisations/{one.agency_id}/merge", to=one.other_agency_id) == 409
    after = filled.everything()
    assert {name for name in before if before[name] != after[name]} <= {"sign_in"}


def test_an_organisation_at_work_is_not_archived(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    assert send(browser, f"/organisations/{one.agency_id}/archive") == 409
    assert "2" in browser.get(f"/organisations/{one.agency_id}/archive").words
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Member).values(state=MemberState.COMPLETED))
    site = add(one, one.agency_id, "Site")
    assert send(browser, f"/organisations/{one.agency_id}/archive") == 409, "a site below it is at work"
    assert send(browser, f"/organisations/{site}/archive") == 302
    adviser = visit(one.adviser)
    assert adviser.fetch("/people").status_code == 200
    assert send(browser, f"/organisations/{one.agency_id}/archive") == 302
    assert adviser.fetch("/people").status_code == 302, "nobody works in it any more"
    assert browser.get(f"/people/{one.learner.person_id}").status == 200, "it can be read from above"
    assert send(browser, f"/organisations/{site}/restore") == 409, "below an archived one"
    assert send(browser, f"/organisations/{one.agency_id}/restore") == 302
    assert adviser.fetch("/people").status_code == 200


def test_nobody_is_put_into_an_archived_one(world: World) -> None:
    one = world.one
    who = actor(one, Role.ADMIN)
    with db.transaction(tenant_id=one.tenant_id):
        services.archive(session.get_one(Organisation, one.other_agency_id), who)
    with db.transaction(Mode.READ, one.tenant_id):
        assert one.other_agency_id not in [place.id for place in queries.open_places(who)]
    with pytest.raises(services.members.Archived), db.transaction(tenant_id=one.tenant_id):
        there = session.get_one(Organisation, one.other_agency_id)
        services.settle(who, one.learner.person_id, there, Role.LEARNER, None)
    with pytest.raises(CannotBeDone), db.transaction(tenant_id=one.tenant_id):
        there = session.get_one(Organisation, one.other_agency_id)
        services.add_below(there, "x", OrganisationKind.AGENCY, level="", slug="", actor=None)


def actor(corner: Corner, role: Role) -> Actor:
    """Somebody of this role, with the root in hand."""
    return Actor(1, 1, 1, corner.tenant_id, corner.root_id, "", "", "", frozenset({role}))


def test_switches_hold_here_or_in_all_below(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    browser.get(f"/organisations/{one.root_id}/switches")
    page = browser.send(f"/organisations/{one.root_id}/switches", features=[OWN_CASELOAD, NO_CARDS])
    assert page.status == 200
    assert one_of(one, one.root_id).features == sorted([OWN_CASELOAD, NO_CARDS])
    assert one_of(one, one.agency_id).features == []
    browser.get(f"/organisations/{one.root_id}/switches")
    browser.send(f"/organisations/{one.root_id}/switches", features=[NO_CARDS], all_below="y")
    assert one_of(one, one.agency_id).features == [NO_CARDS]
    assert one_of(world.two, world.two.agency_id).features == []
    assert send(browser, f"/organisations/{one.root_id}/switches", features="nonsense") == 422


def test_without_cards_nobody_prints_one(world: World, visit: Visit) -> None:
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.get_one(Organisation, one.agency_id).features = [NO_CARDS]
    adviser = visit(one.adviser)
    for path in (f"/people/{one.learner.person_id}/card", f"/cohorts/{one.cohort_id}/cards"):
        assert adviser.fetch(path).status_code == 403
        assert send(adviser, path, member=1) == 403
    assert "/cards" not in adviser.get(f"/cohorts/{one.cohort_id}").html


#: role -> (adds below, prunes, chooses days, takes in hand)
RULES = {role: (False, False, False, role not in (Role.PARTNER, Role.LEARNER)) for role in Role} | {
    Role.ADMIN: (True, True, True, True)
}


@pytest.mark.parametrize("role", Role)
def test_the_rules_as_a_table(role: Role) -> None:
    who = Actor(1, 1, 1, 1, 1, "", "", "", frozenset({role}))
    root, below = Organisation(id=1), Organisation(id=2, parent_id=1)
    assert (
        policies.may_add_organisation(who, below),
        policies.may_prune_organisation(who, below),
        policies.may_choose_days(who, root),
        policies.may_take_in_hand(who, below),
    ) == RULES[role]
    assert not policies.may_prune_organisation(who, root), "not the one in hand"
    assert not policies.may_choose_days(who, below)


def test_an_organisation_below_is_taken_in_hand_from_the_header(world: World, visit: Visit) -> None:
    one, browser = world.one, visit(world.one.admin)
    page = browser.get("/people")
    assert "/organisations/in-hand" in page.links()
    browser.get("/organisations/in-hand")
    browser.send("/organisations/in-hand", organisation=str(one.agency_id), next="/people")
    listed = [th for th in browser.page.all("th") if th.get("scope") == "row"]  # type: ignore[union-attr]
    assert len(listed) == 3, "the people of the agency alone"
    assert send(browser, "/organisations/in-hand", organisation=one.root_id) == 302, "and back"
    for stranger, wanted in (
        (one.adviser, one.root_id),
        (one.partner, one.agency_id),
        (one.admin, world.two.root_id),
    ):
        assert send(visit(stranger), "/organisations/in-hand", organisation=wanted) == 404
