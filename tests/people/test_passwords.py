"""Passwords: forgotten, chosen by a link, changed; and which are too weak."""

import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from config import server
from config.settings import ROOT
from lms.core import bodies, db, i18n
from lms.core.courier import Courier
from lms.core.db import session
from lms.core.jobs import Job
from lms.core.journal import Entry
from lms.people import hashing
from lms.people.models import Account, Failure, Person, ResetLink, SignIn
from lms.people.services import add_person, invite, make_link
from lms.people.weakness import code_fault, password_fault
from tests.people.accounts import PASSWORD, at, change, give_password, is_in, mails, sign_in, work
from tests.support import worlds
from tests.support.page import Visitor
from tests.support.sight import everything
from tests.support.worlds import World

Visit = Callable[..., Visitor]
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
FRESH = "une girafe lit le journal"


def ask(browser: Visitor, login: str) -> str:
    """Ask for a link; returns what the page says."""
    browser.get("/sign-in/forgotten")
    page = browser.send("/sign-in/forgotten", login=login)
    assert page.status == 200
    return page.text("main")


def path_in(details: dict[str, str]) -> str:
    return details["url"].removeprefix("http://localhost")


def test_a_link_by_mail_changes_the_password_once(world: World, visit: Visit) -> None:
    who = world.one.adviser
    give_password(who)
    phone = visit()
    sign_in(phone, who.login)
    browser = visit()
    ask(browser, who.login)
    work()
    (mail,) = mails()
    assert mail.address == "claire1@exemple.fr"
    assert mail.details["login"] == who.login
    path = path_in(mail.details)
    browser.get(path)
    page = browser.send(path, password=FRESH, again=FRESH)
    assert page.response.request.path == "/sign-in"
    assert not is_in(phone)  # every other session ends
    sign_in(browser, who.login, FRESH)
    assert is_in(browser)
    assert visit().get(path).status == 404
    with everything(db.Mode.READ):
        assert "password-changed" in list(session.scalars(select(Entry.verb)))


def test_the_answer_says_nothing_of_who_has_an_account(world: World, visit: Visit) -> None:
    said = {
        ask(visit(), login)
        for login in ("claire.canari-1", "claire1@exemple.fr", "personne", "x@y.fr", "odile.canari-1")
    }
    assert len(said) == 1
    work()
    assert {mail.address for mail in mails()} == {"claire1@exemple.fr"}


def test_what_was_typed_is_sealed_in_the_job(world: World, visit: Visit) -> None:
    ask(visit(), "mon mot de passe secret")
    with everything(db.Mode.READ):
        job = session.scalars(select(Job).where(Job.kind == "people.mail_links")).one()
        assert "secret" not in str(job.arguments)


def test_a_link_lasts_an_hour(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    with time_machine.travel(NOON, tick=False) as clock:
        with db.transaction():
            path = path_in({"url": make_link(world.one.adviser.account_id)})
        clock.shift(timedelta(minutes=59))
        assert visit().get(path).status == 200
        clock.shift(timedelta(minutes=2))
        page = visit().get(path)
        assert page.status == 404
        assert "/sign-in/forgotten" in page.links()


def test_a_newer_link_replaces_the_older(world: World, visit: Visit) -> None:
    with db.transaction():
        old, new = (path_in({"url": make_link(world.one.adviser.account_id)}) for _n in range(2))
    assert [visit().get(path).status for path in (old, new)] == [404, 200]


def test_looking_at_a_link_does_not_use_it(world: World, visit: Visit) -> None:
    with db.transaction():
        path = path_in({"url": make_link(world.one.adviser.account_id)})
    for _n in range(3):
        assert visit().get(path).status == 200


def test_the_database_keeps_no_link_in_clear(world: World) -> None:
    with db.transaction():
        token = make_link(world.one.adviser.account_id).rsplit("/", 1)[1]
    with db.transaction(db.Mode.READ):
        assert session.scalars(select(ResetLink)).one().token_hash != token


def test_too_many_asks_wait(world: World, visit: Visit) -> None:
    browser = at(visit(), "198.51.100.7")
    for _n in range(5):
        ask(browser, "claire.canari-1")
    browser.get("/sign-in/forgotten")
    assert browser.send("/sign-in/forgotten", login="claire.canari-1").status == 429


def test_a_couple_with_one_address_gets_a_link_each(world: World, visit: Visit) -> None:
    for who in (world.one.adviser, world.one.learner):
        change(who, email="ensemble@exemple.fr")
    ask(visit(), "ensemble@exemple.fr")
    work()
    assert {mail.details["login"] for mail in mails()} == {world.one.adviser.login, world.one.learner.login}


def test_a_suspended_account_gets_no_link(world: World, visit: Visit) -> None:
    change(world.one.adviser, suspended_at=NOON)
    ask(visit(), "claire.canari-1")
    work()
    assert mails() == []


def test_somebody_enrolled_with_an_address_opens_their_account_by_it(world: World, visit: Visit) -> None:
    worlds.newcomer(world.one, "Mehdi", "Haddad", email="mehdi@exemple.fr")
    browser = visit()
    ask(browser, "Mehdi@exemple.fr")
    work()
    path = path_in(mails()[0].details)
    browser.get(path)
    browser.send(path, password=FRESH, again=FRESH)
    sign_in(browser, "mehdi@exemple.fr", FRESH)
    assert is_in(browser)


def test_an_address_known_to_two_tenants_opens_neither(world: World, visit: Visit) -> None:
    """Only its owner may tie two persons together, never an address alone."""
    for tenant_id in (world.one.tenant_id, world.two.tenant_id):
        with db.transaction(tenant_id=tenant_id):
            add_person(tenant_id, "Mehdi", "Haddad", email="mehdi@exemple.fr")
    ask(visit(), "mehdi@exemple.fr")
    work()
    assert mails() == []


def test_an_invitation_lasts_a_week_and_makes_the_account(world: World, visit: Visit) -> None:
    tenant_id = world.one.tenant_id
    give_password(world.one.learner)
    with time_machine.travel(NOON, tick=False) as clock:
        with db.transaction(tenant_id=tenant_id):
            ids = [
                add_person(tenant_id, "Mehdi", "Haddad", email="mehdi@exemple.fr").id,
                add_person(tenant_id, "Lan", "Haddad", email="mehdi@exemple.fr").id,
                add_person(tenant_id, "Sans", "Adresse").id,
                world.one.learner.person_id,  # has a password already
            ]
            assert invite(ids, tenant_id) == 2
        assert [mail.details["name"] for mail in mails()] == ["Lan", "Mehdi"]
        with db.transaction(db.Mode.READ):
            logins = session.scalars(select(Account.login).where(Account.email == "mehdi@exemple.fr")).all()
        assert len(set(logins)) == 2
        clock.shift(timedelta(days=6))
        assert visit().get(path_in(mails()[0].details)).status == 200
        clock.shift(timedelta(days=2))
        assert visit().get(path_in(mails()[0].details)).status == 404


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_mails_read_well_in_both_languages(world: World, language: str, tmp_path: object) -> None:
    tenant_id = world.one.tenant_id
    with db.transaction(tenant_id=tenant_id):
        person = add_person(tenant_id, "Mehdi", "Haddad", email="mehdi@exemple.fr", language=language)
        invite([person.id], tenant_id)
    worded = Courier("", tmp_path, "http://localhost").worded(mails()[0])  # type: ignore[arg-type]
    body = worded.get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "Mehdi" in text
    assert mails()[0].details["url"] in text
    assert ("Bonjour" in text) == (language == "fr")


def test_changing_it_oneself_asks_for_the_old_one(world: World, visit: Visit) -> None:
    who = world.one.adviser
    give_password(who)
    here, there = visit(), visit()
    sign_in(here, who.login)
    sign_in(there, who.login)
    here.get("/me/password")
    assert here.send("/me/password", current="non", password=FRESH, again=FRESH).status == 422
    assert here.send("/me/password", current=PASSWORD, password=FRESH, again="autre").status == 422
    page = here.send("/me/password", current=PASSWORD, password=FRESH, again=FRESH)
    assert page.response.request.path == "/me"
    assert is_in(here)
    assert not is_in(there)


def test_the_old_password_cannot_be_guessed_from_inside(world: World, visit: Visit) -> None:
    who = world.one.adviser
    give_password(who)
    with time_machine.travel(NOON, tick=False):
        browser = visit()
        sign_in(browser, who.login)
        browser.get("/me/password")
        codes = [
            browser.send("/me/password", current="non", password=FRESH, again=FRESH).status for _n in range(7)
        ]
        assert 429 in codes


def test_sessions_are_listed_and_closed(world: World, visit: Visit) -> None:
    who = world.one.adviser
    give_password(who)
    here, there = visit(), visit()
    sign_in(here, who.login)
    there.client.environ_base["HTTP_USER_AGENT"] = (
        "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0"
    )
    sign_in(there, who.login)
    page = here.get("/me")
    assert "Firefox, Windows" in page.words
    actions = [
        f.get("action", "")
        for f in page.all("form")
        if re.search(r"/me/sessions/\d+/end", f.get("action", ""))
    ]
    assert len(actions) == 1
    here.send(actions[0])
    assert not is_in(there)
    assert is_in(here)
    other = visit(world.two.adviser)
    token = other.get("/me").form("/sign-out")["csrf_token"]
    assert other.client.post(actions[0], data={"csrf_token": token}).status_code == 404


def test_closing_all_others_keeps_this_one(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    here, there = visit(), visit()
    sign_in(here, "claire.canari-1")
    sign_in(there, "claire.canari-1")
    here.get("/me")
    here.send("/me/sessions/end-others")
    assert is_in(here)
    assert not is_in(there)


def test_the_language_is_kept(world: World, visit: Visit) -> None:
    browser = visit(world.one.adviser)
    browser.get("/me")
    page = browser.send("/me/language", language="en")
    assert page.tree.get("lang") == "en"
    with everything(db.Mode.READ):
        assert session.get_one(Person, world.one.adviser.person_id).language == "en"
        assert session.get_one(Account, world.one.adviser.account_id).language == "en"
    token = page.form("/me/language")
    assert browser.client.post("/me/language", data=token | {"language": "tlh"}).status_code == 422


def test_the_night_forgets_what_no_longer_counts(world: World) -> None:
    from lms.core import schedule
    from lms.core.jobs import later

    assert "people.forget" in schedule.duties
    who = world.one.adviser
    with time_machine.travel(NOON, tick=False) as clock:
        with db.transaction():
            make_link(who.account_id)
            session.add(Failure(subject="x", address="198.51.100.0/24"))
            session.add_all(
                SignIn(account_id=who.account_id, token_hash=f"h{n}", method="password") for n in range(2)
            )
        clock.shift(timedelta(days=2))
        with db.transaction():
            later("people.forget")
        work_now()
        with db.transaction(db.Mode.READ):
            assert session.scalars(select(Failure)).all() == []
            assert session.scalars(select(ResetLink)).all() == []
            assert all(one.ended_at for one in session.scalars(select(SignIn)))
        clock.shift(timedelta(days=31))
        with db.transaction():
            later("people.forget")
        work_now()
        with db.transaction(db.Mode.READ):
            assert session.scalars(select(SignIn)).all() == []


def work_now() -> None:
    """The database's clock is not turned: make what waits due."""
    with everything():
        session.execute(update(Job).values(run_at=datetime(2020, 1, 1, tzinfo=UTC)))
    work()


# --- what is too weak ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["", "court", "onze-signes", "motdepasse123", "MotDePasse2026!", "M0td3p@ss3!!!", "azertyuiop12", "qwertyuiop[]12",
     "123456789012", "aaaaaaaaaaaa", "abcabcabcabcabc", "soleil soleil soleil", "Marseille13013", "jetaime1234567",
     "password password", "P@ssw0rd2026!", "claire.canari-1", "claire.canari-12026", "clairecanari!!", "bonjour bonjour",
     "camille20051999", "iloveyou12345", "x" * 201, "abcdefghijkl", "poleemploi2026", "FranceTravail!59", "Administrateur1"],
)  # fmt: skip
def test_weak_passwords_are_refused(password: str) -> None:
    assert password_fault(password, ["claire.canari-1", "Claire", "CANARI-1"])


@pytest.mark.parametrize(
    "password",
    ["tortue violette sous la lampe", "correct horse battery staple", "7Gk!pQ2z#Lm9", "le chat mange du fromage",
     "kokoroe-demo", "été à Ploumanac’h avec Zoé", "日本語のパスワードは長いです", "vélo-girafe-42-neige"],
)  # fmt: skip
def test_good_passwords_are_taken(password: str) -> None:
    assert password_fault(password, ["claire.canari-1"]) == ""


@pytest.mark.parametrize(
    "password",
    ["1qaz2wsx3edc", "liverpool1892", "thunderbird77!", "ncc1701d1234", "Mushroom1234", "cestmoilechef", "zxcasdqwe123",
     "leavemealone", "finalfantasy!", "canarithunderbird", "nounours.1978", "Sonyericsson1"],
)  # fmt: skip
def test_passwords_stolen_elsewhere_are_refused(password: str) -> None:
    assert password_fault(password, ["claire.canari-1", "Claire", "CANARI-1"])


def test_a_link_and_a_change_refuse_them_too(world: World, visit: Visit) -> None:
    """Invitations and commands: tests/organisations."""
    who = world.one.adviser
    give_password(who)
    with db.transaction():
        path = path_in({"url": make_link(who.account_id)})
    browser = visit()
    browser.get(path)
    page = browser.send(path, password="thunderbird77!", again="thunderbird77!")
    assert (page.status, "volé sur d’autres sites" in page.words) == (422, True)
    sign_in(browser, who.login)
    browser.get("/me/password")
    page = browser.send("/me/password", current=PASSWORD, password="thunderbird77!", again="thunderbird77!")
    assert (page.status, "volé sur d’autres sites" in page.words) == (422, True)


def test_the_sentence_says_that_it_was_stolen() -> None:
    with i18n.speaking_to("en"):
        stolen, common = password_fault("thunderbird77!"), password_fault("azertyuiop12")
    assert "stolen" in stolen
    assert "stolen" not in common


def test_a_password_is_judged_in_little_time() -> None:
    """Whatever was typed: letters that could each stand for another are the dearest."""
    password_fault("the lists are read once in a process")
    for text in (
        "4@8(3!1|0$57%2 " * 13,
        "a" * 99 + "b" * 99,
        "password" * 24,
        "qwertyuiop" * 20,
        "日本語の" * 50,
    ):
        begun = time.process_time()
        password_fault(text[:200])
        assert time.process_time() - begun < 0.5, text[:12]


def test_the_lists_of_stolen_passwords_are_not_read_at_the_start() -> None:
    read = "import sys; from lms.app import create_app; sys.exit('zxcvbn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", read], cwd=ROOT, check=False).returncode == 0


def test_whoever_has_an_old_password_that_would_be_guessed_is_asked_to_change_it(
    world: World, visit: Visit
) -> None:
    who = world.one.adviser
    give_password(who, "liverpool1892")
    browser = visit()
    browser.get("/sign-in?next=/people")
    page = browser.send("/sign-in", login=who.login, password="liverpool1892", next="/people")
    assert page.response.request.path == "/me/password"
    assert "Votre mot de passe serait deviné" in page.words
    assert "/people" in page.links(), "they may go on without"
    assert browser.get("/people").status == 200, "nobody is shut out"
    page = browser.get("/me/password?next=/people")
    page = browser.send("/me/password", current="liverpool1892", password=FRESH, again=FRESH, next="/people")
    assert page.response.request.path == "/people"
    assert "serait deviné" not in browser.get("/me/password").words


def test_a_good_password_leads_straight_on(world: World, visit: Visit) -> None:
    give_password(world.one.adviser)
    browser = visit()
    sign_in(browser, world.one.adviser.login, onward="/people")
    page = browser.get("/me/password?next=/people")
    assert "serait deviné" not in page.words, "an address alone says nothing of a password"


def test_the_link_of_an_old_password_leads_nowhere_else(world: World, visit: Visit) -> None:
    page = visit(world.one.adviser)
    give_password(world.one.adviser)
    assert not [
        link for link in page.get("/me/password?next=https://example.org/").links() if "example.org" in link
    ]


@pytest.mark.parametrize("code", ["380417", "902715", "416093"])
def test_good_codes_are_taken(code: str) -> None:
    assert code_fault(code) == ""


def test_faults_are_said_in_the_readers_language() -> None:
    with i18n.speaking_to("fr"):
        french = password_fault("court")
    with i18n.speaking_to("en"):
        assert password_fault("court") != french


def test_an_accent_is_one_letter_however_it_is_typed(app: Flask) -> None:
    hashed = hashing.hash_password("é" + "t" * 12)
    assert hashing.password_matches(hashed, "e\u0301" + "t" * 12)
    assert not hashing.password_matches(None, "anything")
    assert not hashing.password_matches("not a hash", "anything")


def test_the_house_hashes_as_promised(app: Flask) -> None:
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in hashing.hash_password("x")


def test_an_old_hash_is_made_again_at_the_next_sign_in(world: World, visit: Visit) -> None:
    from argon2 import PasswordHasher

    change(world.one.adviser, password_hash=PasswordHasher(1, 8 * 1024, 1).hash(PASSWORD))
    browser = visit()
    sign_in(browser, "claire.canari-1")
    assert is_in(browser)
    with db.transaction(db.Mode.READ):
        hashed = session.get_one(Account, world.one.adviser.account_id).password_hash
    assert hashed is not None
    assert "m=19456,t=2,p=1" in hashed


def test_when_the_line_is_full_somebody_is_told_when_to_come_back(
    world: World, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_password(world.one.adviser)
    short = hashing.Line(turns=1, length=1)
    monkeypatch.setattr(hashing, "_line", short)
    browser = visit()
    browser.get("/sign-in")
    with _somebody_in(short):
        page = browser.send("/sign-in", login="claire.canari-1", password="wrong")
    assert page.status == 503
    wait = int(page.response.headers["Retry-After"])
    assert hashing.SOONEST <= wait <= hashing.LATEST
    assert f"Attendez {wait} secondes" in page.words
    with db.transaction(db.Mode.READ):
        assert session.scalar(select(func.count()).select_from(Failure)) == 0, "nothing was tried"
    sign_in(browser, "claire.canari-1")
    assert is_in(browser)


def test_those_who_are_told_to_wait_come_back_one_after_the_other() -> None:
    full, waits = hashing.Line(turns=1, length=1), []
    with _somebody_in(full):
        for _ in range(20_000):
            with pytest.raises(hashing.TooBusy) as told, full.place():
                pass
            waits.append(told.value.retry_after)
    given = waits[:8_000]
    assert given == sorted(given), "who came first comes first"
    assert max(Counter(given).values()) <= 25, "no more at a time than there are turns"
    assert min(waits) >= hashing.SOONEST
    assert max(waits) <= hashing.LATEST
    assert max(Counter(waits[10_000:]).values()) < 200, "those for whom there is no time left are spread, too"


def test_a_place_within_a_place_is_the_same() -> None:
    only = hashing.Line(turns=1, length=1)
    with only.place(), only.place():
        pass
    with only.place():
        pass


def test_the_web_server_has_threads_left_for_other_pages() -> None:
    assert server.THREADS >= hashing.LINE + 4
    assert server.THREADS >= bodies.READERS + 4


@contextmanager
def _somebody_in(line: hashing.Line) -> Iterator[None]:
    """Another thread has its turn meanwhile."""
    there, over = threading.Event(), threading.Event()

    def stay() -> None:
        with line.place():
            there.set()
            over.wait(60)

    other = threading.Thread(target=stay)
    other.start()
    there.wait(10)
    try:
        yield
    finally:
        over.set()
        other.join()
