"""Access cards, from the sheet to the code."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select

from lms.core import db
from lms.core.db import session
from lms.core.journal import Entry
from lms.organisations.models import Role
from lms.people import queries, words
from lms.people.models import AccessCard, Account, Person, SignIn
from lms.people.services import add_person, cards_asked_for, new_cards
from tests.people.accounts import CODE, PASSWORD, at, card_of, change, give_password, is_in, opened_card_of
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.queries import statements
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def cards() -> list[AccessCard]:
    with db.transaction(db.Mode.READ):
        found = list(session.scalars(select(AccessCard).order_by(AccessCard.id)))
        session.expunge_all()
        return found


def type_words(browser: Visitor, typed: str) -> int:
    browser.get("/sign-in/card")
    return browser.send("/sign-in/card", words=typed).status


# --- the words ----------------------------------------------------------------------------------------------------


def test_there_are_2048_short_plain_words_none_like_another() -> None:
    listed = words.all_words()
    assert len(set(listed)) == 2048
    assert listed == tuple(sorted(listed))
    assert all(
        4 <= len(word) <= 8 and word.isascii() and word.isalpha() and word.islower() for word in listed
    )
    seen: dict[str, str] = {}
    alike = []
    for word in listed:
        holes = {word[:n] + "_" + word[n + 1 :] for n in range(len(word))}
        shorter = {word[:n] + word[n + 1 :] for n in range(len(word))}
        alike += [(word, seen[one]) for one in {word, *holes, *shorter} if one in seen]
        seen |= dict.fromkeys({word, *holes}, word) | dict.fromkeys(shorter, word)
    assert alike == []


@pytest.mark.parametrize(
    "typed",
    [
        "tulipe wagon yoga neige lapin radio",
        "TULIPE WAGON YOGA NEIGE LAPIN RADIO",
        "Tulipe, wagon; yoga - neige · lapin / radio.",
        "tulipe-wagon-yoga-neige-lapin-radio",
        "  tulipe\twagon\nyoga  neige   lapin radio ",
        "Tülipe wàgon yogâ nèigé lapín radïo",
    ],
)
def test_words_are_read_however_they_are_typed(typed: str) -> None:
    assert words.read(typed) == ["tulipe", "wagon", "yoga", "neige", "lapin", "radio"]


def test_the_database_holds_no_words_in_clear(world: World) -> None:
    card = card_of(world.one.learner)
    row = cards()[0]
    assert len(card.words) == 6
    text = f"{row.words_hash} {row.sealed_words} {row.number}"
    assert not any(word in text for word in card.words)


# --- from the sheet to the code -----------------------------------------------------------------------------------


def test_six_words_open_the_account_then_number_and_code(world: World, visit: Visit) -> None:
    browser = visit()
    card = card_of(world.one.learner)
    page = browser.get("/sign-in")
    page = browser.send("/sign-in/card", words=" ".join(card.words).upper())
    assert page.response.request.path == "/sign-in/first-code"
    assert not is_in(browser)
    browser.send("/sign-in/first-code", code=CODE, again=CODE)
    assert is_in(browser)
    later = visit()
    later.get("/sign-in/card")
    later.send("/sign-in/code", number=card.spaced_number, code=f" {CODE[:3]} {CODE[3:]}")
    assert is_in(later)
    with db.transaction(db.Mode.READ):
        assert {one.method for one in session.scalars(select(SignIn))} >= {"card", "code"}


def test_words_open_once(world: World, visit: Visit) -> None:
    card = opened_card_of(world.one.learner, visit())
    browser = visit()
    assert type_words(browser, " ".join(card.words)) == 422
    assert not is_in(browser)
    assert cards()[0].sealed_words is None


def test_words_are_not_spent_before_a_code_is_chosen(world: World, visit: Visit) -> None:
    card = card_of(world.one.learner)
    assert type_words(visit(), " ".join(card.words)) == 200
    assert cards()[0].used_at is None
    assert type_words(visit(), " ".join(card.words)) == 200


def test_of_two_browsers_with_the_words_one_wins(world: World, visit: Visit) -> None:
    card, one, two = card_of(world.one.learner), visit(), visit()
    for browser in (one, two):
        type_words(browser, " ".join(card.words))
    one.send("/sign-in/first-code", code=CODE, again=CODE)
    two.send("/sign-in/first-code", code="902715", again="902715")
    assert is_in(one)
    assert not is_in(two)


def test_opening_the_qr_link_consumes_nothing(world: World, visit: Visit) -> None:
    card = card_of(world.one.learner)
    path = card.url.removeprefix("http://localhost")
    before = cards()[0]
    with statements() as sent:
        for _n in range(3):
            page = visit().get(path)
    assert [one for one in sent if not one.upper().startswith("SELECT")] == []
    assert page.form("/sign-in/card")["words"] == " ".join(card.words)
    after = cards()[0]
    assert (after.used_at, after.sealed_words) == (before.used_at, before.sealed_words)
    browser = visit()
    browser.get(path)
    browser.send("/sign-in/card")
    browser.send("/sign-in/first-code", code=CODE, again=CODE)
    assert is_in(browser)


def test_a_link_with_anything_in_it_is_only_a_page(world: World, visit: Visit) -> None:
    page = visit().get("/sign-in/card/<script>alert(1)</script>")
    assert page.status in (200, 404)
    assert "<script>alert" not in page.html


def test_the_number_typed_instead_of_the_words_leads_to_the_code(world: World, visit: Visit) -> None:
    browser = visit()
    browser.get("/sign-in")
    page = browser.send("/sign-in/card", words="1234 5678")
    assert page.form("/sign-in/code")["number"] == "12345678"


def test_the_moment_to_choose_a_code_passes(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        browser, card = visit(), card_of(world.one.learner)
        type_words(browser, " ".join(card.words))
        clock.shift(timedelta(minutes=25))
        assert browser.get("/sign-in/first-code").response.request.path == "/sign-in/card"


@pytest.mark.parametrize(
    "code",
    ["123456", "654321", "000000", "111111", "121212", "123123", "012345", "987654", "140391", "910314",
     "031991", "12345", "1234567", "abcdef", "١٢٣٤٥٦"],
)  # fmt: skip
def test_easy_codes_are_refused(world: World, visit: Visit, code: str) -> None:
    with db.transaction(tenant_id=world.one.tenant_id):
        session.get_one(Person, world.one.learner.person_id).birth_date = date(1991, 3, 14)
    browser, card = visit(), card_of(world.one.learner)
    type_words(browser, " ".join(card.words))
    assert browser.send("/sign-in/first-code", code=code, again=code).status == 422
    assert not is_in(browser)


def test_the_digits_of_the_card_are_no_code(world: World, visit: Visit) -> None:
    browser, card = visit(), card_of(world.one.learner)
    type_words(browser, " ".join(card.words))
    typed = card.number[:6]
    assert browser.send("/sign-in/first-code", code=typed, again=typed).status == 422


def test_both_codes_must_be_the_same(world: World, visit: Visit) -> None:
    browser, card = visit(), card_of(world.one.learner)
    type_words(browser, " ".join(card.words))
    assert browser.send("/sign-in/first-code", code=CODE, again="380418").status == 422


# --- guessing -------------------------------------------------------------------------------------------------------


def test_five_wrong_codes_from_anywhere_and_the_number_waits(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        card = opened_card_of(world.one.learner, visit())
        judged = 0
        for n in range(30):
            browser = at(visit(), f"10.0.{n}.1")
            browser.get("/sign-in/card")
            judged += browser.send("/sign-in/code", number=card.number, code="111222").status == 422
            clock.shift(timedelta(seconds=20))
        assert judged == 5
        browser = visit()
        browser.get("/sign-in/card")
        assert browser.send("/sign-in/code", number=card.number, code=CODE).status == 429
        clock.shift(timedelta(minutes=16))
        assert browser.send("/sign-in/code", number=card.number, code=CODE).status == 200


def test_a_day_allows_twenty_codes(world: World, visit: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        card = opened_card_of(world.one.learner, visit())
        judged = 0
        for _n in range(24 * 4):
            clock.shift(timedelta(minutes=14, seconds=50))
            browser = visit()
            browser.get("/sign-in/card")
            judged += browser.send("/sign-in/code", number=card.number, code="111222").status == 422
        assert judged <= 21


def test_an_unknown_number_gets_the_same_words(world: World, visit: Visit) -> None:
    card = opened_card_of(world.one.learner, visit())
    said = set()
    for number in (card.number, "10000000" if card.number != "10000000" else "10000001"):
        browser = visit()
        browser.get("/sign-in/card")
        page = browser.send("/sign-in/code", number=number, code="111222")
        said.add((page.status, page.text("main").replace(number, "")))
    assert len(said) == 1


def test_an_unopened_card_has_no_code(world: World, visit: Visit) -> None:
    card, browser = card_of(world.one.learner), visit()
    browser.get("/sign-in/card")
    assert browser.send("/sign-in/code", number=card.number, code=CODE).status == 422


# --- lost, replaced, refused ------------------------------------------------------------------------------------------


def test_a_new_card_in_two_clicks_ends_the_old_one(world: World, visit: Visit) -> None:
    phone = visit()
    old = opened_card_of(world.one.learner, phone)
    adviser = visit(world.one.adviser)
    adviser.get(f"/people/{world.one.learner.person_id}")
    page = adviser.send("/card")
    assert page.response.request.path.endswith("/card")
    fresh = next(one for one in cards() if one.revoked_at is None)
    assert fresh.number in page.html.replace("\u00a0", "")
    assert not is_in(phone)
    browser = visit()
    browser.get("/sign-in/card")
    assert browser.send("/sign-in/code", number=old.number, code=CODE).status == 422
    with everything(db.Mode.READ):
        printed = queries.cards_to_print(world.one.tenant_id, [world.one.learner.person_id])
        assert "cards-made" in list(session.scalars(select(Entry.verb)))
    assert type_words(browser, " ".join(printed[0].words)) == 200
    browser.send("/sign-in/first-code", code="902715", again="902715")
    assert is_in(browser)


def test_a_sheet_leaves_cards_in_use_alone_until_the_new_one_is_opened(world: World, visit: Visit) -> None:
    old = opened_card_of(world.one.learner, visit())
    fresh = card_of(world.one.learner)
    browser = visit()
    browser.get("/sign-in/card")
    browser.send("/sign-in/code", number=old.number, code=CODE)
    assert is_in(browser)
    other = visit()
    type_words(other, " ".join(fresh.words))
    other.send("/sign-in/first-code", code="902715", again="902715")
    assert is_in(other)
    assert not is_in(browser)


def test_a_card_asked_for_one_person_ends_the_one_that_was_lost(world: World, visit: Visit) -> None:
    phone, browser = visit(), visit()
    old = opened_card_of(world.one.learner, phone)
    with db.transaction(tenant_id=world.one.tenant_id):
        (fresh,) = cards_asked_for([world.one.learner.person_id], world.one.tenant_id, None)
    assert not is_in(phone)
    browser.get("/sign-in/card")
    assert browser.send("/sign-in/code", number=old.number, code=CODE).status == 422
    assert type_words(browser, " ".join(fresh.words)) == 200


def test_a_card_that_was_replaced_before_it_was_opened_opens_nothing(world: World, visit: Visit) -> None:
    first = card_of(world.one.learner)
    card_of(world.one.learner)
    assert type_words(visit(), " ".join(first.words)) == 422
    assert [one.sealed_words is None for one in cards()] == [True, False]


def test_a_sheet_is_made_as_a_set(world: World) -> None:
    tenant_id = world.one.tenant_id
    with db.transaction(tenant_id=tenant_id):
        people = [add_person(tenant_id, f"Nom{n}", f"Suite{n:03d}").id for n in range(30)]
    counts = []
    for some in (people[:2], people[2:]):
        with db.transaction(tenant_id=tenant_id), statements() as sent:
            made = new_cards(some, tenant_id, None)
        counts.append(len([one for one in sent if not one.startswith("INSERT INTO account")]))
        assert [card.person_id for card in made] == some
        assert len({card.number for card in made}) == len({tuple(card.words) for card in made}) == len(some)
    # one UPDATE of person.account_id may carry many rows; the rest is the same whatever their number
    assert counts[1] - counts[0] <= 28
    with db.transaction(db.Mode.READ):
        logins = list(session.scalars(select(Account.login).where(Account.login.startswith("k-"))))
        assert len(set(logins)) == 30


@pytest.mark.parametrize("who", ["admin", "hr", "adviser", "trainer", "partner"])
def test_nobody_prints_a_card_for_the_team(world: World, visit: Visit, who: str) -> None:
    target = getattr(world.one, who)
    with db.transaction(tenant_id=target.tenant_id):
        assert new_cards([target.person_id], target.tenant_id, None) == []
    admin = visit(world.one.admin)
    page = admin.get(f"/people/{target.person_id}")
    token = page.form("/sign-out")["csrf_token"]
    answer = admin.client.post(f"/people/{target.person_id}/card", data={"csrf_token": token})
    assert answer.status_code == 403


def test_no_card_for_whom_another_tenant_knows_too(world: World) -> None:
    """Otherwise an adviser of one tenant could open somebody's files with the other."""
    here, there = world.one.learner, world.two.adviser
    with db.transaction(tenant_id=here.tenant_id):
        session.get_one(Person, here.person_id).account_id = there.account_id
    with db.transaction(tenant_id=here.tenant_id):
        assert new_cards([here.person_id], here.tenant_id, None) == []


def test_a_learner_who_joins_the_team_loses_the_card(world: World, visit: Visit) -> None:
    from lms.organisations import services
    from lms.organisations.queries import by_slug

    card = opened_card_of(world.one.learner, visit())
    with db.transaction(tenant_id=world.one.tenant_id):
        agency = by_slug("agence-1")
        assert agency is not None
        services.add_member(world.one.learner.person_id, agency, Role.ADVISER)
    browser = visit()
    browser.get("/sign-in/card")
    assert browser.send("/sign-in/code", number=card.number, code=CODE).status == 422


def test_a_suspended_account_opens_by_no_card(world: World, visit: Visit) -> None:
    card = opened_card_of(world.one.learner, visit())
    change(world.one.learner, suspended_at=datetime.now(UTC))
    browser = visit()
    browser.get("/sign-in/card")
    browser.send("/sign-in/code", number=card.number, code=CODE)
    assert not is_in(browser)


# --- the whole way without an e-mail address ------------------------------------------------------------------------------


def test_somebody_without_an_address_comes_in_leaves_and_comes_back(world: World, visit: Visit) -> None:
    tenant_id, number = world.one.tenant_id, worlds.newcomer(world.one, "Fatoumata", "Diarra")
    adviser = visit(world.one.adviser)
    adviser.get(f"/people/{number}")
    adviser.send("/card")
    with everything(db.Mode.READ):
        card = queries.cards_to_print(tenant_id, [number])[0]
        account = session.scalars(select(Account).where(Account.id == AccessCard.account_id)).first()
        assert account is not None
        assert account.email is None
    browser = visit()
    browser.get(card.url.removeprefix("http://localhost"))
    browser.send("/sign-in/card")
    browser.send("/sign-in/first-code", code=CODE, again=CODE, shared="y")
    page = browser.get("/me")
    assert "Fatoumata Diarra" in page.words
    page = browser.send("/sign-out")
    assert page.response.request.path == "/sign-out"
    browser.get("/sign-in/card")
    browser.send("/sign-in/code", number=card.number, code=CODE, shared="y")
    assert is_in(browser)
    browser.get("/me/code")
    browser.send("/me/code", current=CODE, code="902715", again="902715")
    other = visit()
    other.get("/sign-in/card")
    assert other.send("/sign-in/code", number=card.number, code=CODE).status == 422
    assert other.send("/sign-in/code", number=card.number, code="902715").status == 200
    assert is_in(browser)


def test_a_password_and_a_card_may_stand_side_by_side(world: World, visit: Visit) -> None:
    give_password(world.one.learner)
    opened_card_of(world.one.learner, visit())
    browser = visit()
    browser.get("/sign-in")
    browser.send("/sign-in", login=world.one.learner.login, password=PASSWORD)
    assert is_in(browser)
