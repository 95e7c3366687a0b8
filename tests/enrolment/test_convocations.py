"""People are convoked: by which way, in which words and hours, once; and what is kept as the proof of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader
from sqlalchemy import select, update

from config import settings as chosen
from config.settings import Settings
from lms.core import db, sms
from lms.core.db import Mode, session
from lms.core.post import Mail, Way
from lms.enrolment import services
from lms.enrolment.models import Batch, Cohort, CohortTrainer, Member
from lms.enrolment.queries.receipts import mails as mails_that_left
from lms.enrolment.services import Convoked, NobodyChosen
from lms.enrolment.states import MemberState
from lms.notifications.models import MessageRules, Wording
from lms.people.models import Person
from tests.enrolment.posting import SUNDAY, TUESDAY, at, deliver, mailbox, mails, member_ids, people, text_of
from tests.support.queries import statements
from tests.support.texts import TOKEN, serving
from tests.support.worlds import Corner, World

ONCE = "0123456789abcdef"


def convoke(corner: Corner, cohort_id: int = 0, once: str = ONCE, **more: Any) -> Convoked:
    ids = member_ids(corner, cohort_id)
    with db.transaction(tenant_id=corner.tenant_id):
        cohort = session.get_one(Cohort, cohort_id or corner.cohort_id)
        return services.convoke(ids, cohort, more.pop("by", corner.adviser), once=once, **more)


def states(corner: Corner, cohort_id: int = 0) -> list[str]:
    with db.transaction(Mode.READ, corner.tenant_id):
        of = Member.cohort_id == (cohort_id or corner.cohort_id)
        return [one.state.value for one in session.scalars(select(Member).where(of).order_by(Member.id))]


@pytest.fixture
def texts(settings: Settings) -> Iterator[Any]:
    """Texts are sent, by a service on the loopback."""
    with serving() as service:
        chosen.use(replace(settings, sms_url=service.url, sms_token=TOKEN))
        try:
            yield service
        finally:
            chosen.use(settings)


@pytest.fixture
def furnished(world: World) -> World:
    """Somebody with a telephone only, somebody with neither, a trainer, days, and what the organisation says."""
    one = world.one
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Cohort).where(Cohort.id == one.cohort_id).values(starts_on=date(2026, 12, 7)))
        session.add(
            CohortTrainer(tenant_id=one.tenant_id, cohort_id=one.cohort_id, person_id=one.trainer.person_id)
        )
        session.add(
            MessageRules(
                tenant_id=one.tenant_id, organisation_id=one.root_id, disability_contact="Lise Martin, 01 99 00 42 11",
                rules_url="https://exemple.fr/reglement", booklet_url="https://exemple.fr/livret",
            )
        )  # fmt: skip
        session.execute(
            update(Person).where(Person.id == one.other_learner.person_id).values(phone="0639981234")
        )
    return world


def test_by_mail_by_text_and_on_paper(
    furnished: World, texts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = furnished.one
    at(TUESDAY, monkeypatch)
    people(one, 1, "SansRien", email=None)
    done = convoke(one)
    assert {way.value: n for way, n in done.ways.items()} == {"mail": 1, "sms": 1, "letter": 0}
    assert states(one) == ["convoked", "convoked"]
    with mailbox(tmp_path, texts=sms.Gateway(texts.url, TOKEN, ["127.0.0.1"])) as (box, courier):
        deliver(courier)
        (mail,) = box.to("nadia1@exemple.fr")
    said = text_of(mail)
    for fact in (
        "Nadia CANARI-1", "Cohorte CANARI-1", "Cours CANARI-1", "lundi 7 décembre 2026", "vendredi 29 janvier 2027",
        "Tony CANARI-1", "Lise Martin, 01 99 00 42 11", "https://exemple.fr/reglement", "https://exemple.fr/livret",
        "01\u00a099\u00a000\u00a042\u00a010", "http://localhost/sign-in", "navigateur",
    ):  # fmt: skip
        assert " ".join(fact.split()) in said, fact
    assert mail["List-Unsubscribe"] is None, "a convocation is not switched off"
    (taken,) = texts.taken.values()
    assert taken["to"] == "+33639981234"
    assert texts.refused == []
    kept = {row.way: row for row in mails(one)}
    assert (kept["mail"].state, kept["mail"].answer) == ("sent", "250 taken as 1")
    assert (kept["sms"].state, kept["sms"].answer) == ("sent", "202 sms-1")
    assert kept["mail"].details == {}, "that it was sent is kept, not what it said"


def test_without_texts_a_telephone_gets_a_letter_of_one_page(
    furnished: World, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = furnished.one
    at(TUESDAY, monkeypatch)
    group = people(one, 3, "Papier", email=None)
    assert convoke(one, group).ways[Way.LETTER] == 3
    browser = visit(one.adviser)
    page = browser.get(f"/cohorts/{group}/sent")
    assert "3 lettres" in page.words
    answer = browser.fetch(f"/cohorts/{group}/letters.pdf")
    (tmp := Path(chosen.current().var / "letters.pdf")).write_bytes(answer.data)
    pages = [" ".join(one.extract_text().split()) for one in PdfReader(tmp).pages]
    assert len(pages) == 3
    assert all(f"P{n} Papier" in words and "Lise Martin" in words for n, words in enumerate(pages))
    assert browser.send(f"/cohorts/{group}/letters/posted").status == 200
    assert [row.state for row in mails(one)] == ["posted"] * 3
    assert all(row.details == {} and row.sent_at for row in mails(one))
    assert browser.fetch(f"/cohorts/{group}/letters.pdf").status_code == 404


def test_it_waits_for_the_hours_of_the_organisation(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    at(SUNDAY, monkeypatch)
    convoke(world.one)
    assert {row.due_at for row in mails(world.one) if row.way == "mail"} == {
        datetime(2026, 11, 30, 7, tzinfo=UTC)
    }


def test_the_same_form_twice_writes_once_and_again_writes_once_more(world: World) -> None:
    one = world.one
    convoke(one)
    with pytest.raises(NobodyChosen):
        convoke(one)
    convoke(one, again=True)
    assert len(mails(one)) == 2
    assert convoke(one, again=True, once="f" * 16).left_alone == 0
    assert len(mails(one)) == 4


def test_whoever_began_or_left_is_left_out(world: World) -> None:
    one = world.one
    ids = member_ids(one)
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(update(Member).where(Member.id == ids[0]).values(state=MemberState.IN_PROGRESS))
    assert convoke(one).left_alone == 1
    assert len(mails(one)) == 1


def test_an_undo_stops_what_has_not_left_and_lists_what_has(world: World, tmp_path: Path) -> None:
    one = world.one
    group = people(one, 2, "Annule")
    batch_id = int(convoke(one, group).run.removeprefix("batch/"))
    with db.transaction(of_all=True):
        session.execute(update(Mail).values(due_at=datetime(2030, 1, 1, tzinfo=UTC)))
        first = update(Mail).where(Mail.address == "p0.annule@exemple.fr")
        session.execute(first.values(due_at=datetime(2020, 1, 1, tzinfo=UTC)))
    with mailbox(tmp_path) as (box, courier):
        courier.turn()
        assert [mail["To"] for mail in box.mails] == ["p0.annule@exemple.fr"]
    with db.transaction(Mode.READ, one.tenant_id):
        batch = session.get_one(Batch, batch_id)
    services.undo(batch, lambda _people: db.transaction(tenant_id=one.tenant_id))
    assert states(one, group) == ["registered", "registered"]
    assert [row.address for row in mails(one)] == ["p0.annule@exemple.fr"]
    with db.transaction(Mode.READ, one.tenant_id):
        assert [row.address for row in mails_that_left(batch)] == ["p0.annule@exemple.fr"]


def test_own_words_hold_below_in_each_language_and_are_text_only(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = world.one
    at(TUESDAY, monkeypatch)
    with db.transaction(tenant_id=one.tenant_id):
        session.execute(
            update(Person).where(Person.id == one.learner.person_id).values(first_name="<b>Zoé</b>")
        )
        mail = {"email": "odile@exemple.fr", "language": "en"}
        session.execute(update(Person).where(Person.id == one.other_learner.person_id).values(**mail))
        own = {"tenant_id": one.tenant_id, "organisation_id": one.root_id, "kind": "enrolment.convocation"}
        session.add(
            Wording(
                **own, language="fr", subject="Chez nous, {prénom}", body="Cher {prénom},\n\n<i>à lundi</i>"
            )
        )
    convoke(one)
    with mailbox(tmp_path) as (box, courier):
        deliver(courier)
        (mail_fr,), (mail_en,) = box.to("nadia1@exemple.fr"), box.to("odile@exemple.fr")
    assert mail_fr["Subject"] == "Chez nous, <b>Zoé</b>"
    html = mail_fr.get_body(("html",))
    assert html is not None
    assert "Cher &lt;b&gt;Zoé&lt;/b&gt;," in html.get_content()
    assert "&lt;i&gt;à lundi&lt;/i&gt;" in html.get_content()
    assert mail_en["Subject"] == "Your training begins: Cohorte CANARI-1"


def test_the_number_of_statements_does_not_grow(world: World) -> None:
    few, many = people(world.one, 3, "Peu"), people(world.one, 300, "Beaucoup")
    counted = []
    for n, group in enumerate((few, many)):
        with statements() as sent:
            convoke(world.one, group, once=f"{n:016x}")
        counted.append(len(sent))
    assert counted[0] == counted[1]
    assert len(mails(world.one)) == 303


def test_the_pages_from_the_cohort_to_the_proof(world: World, visit: Any) -> None:
    one = world.one
    browser = visit(one.adviser)
    ids = member_ids(one)
    page = browser.get(f"/cohorts/{one.cohort_id}")
    assert f"/cohorts/{one.cohort_id}/convoke" in page.links()
    asked = browser.get(f"/cohorts/{one.cohort_id}/convoke")
    assert "Convoquer 2 personnes" in asked.words
    assert browser.send(f"/cohorts/{one.cohort_id}/convoke").status == 200
    sent = browser.get(f"/cohorts/{one.cohort_id}/sent")
    assert "nadia1@exemple.fr" in sent.words
    assert "À imprimer" in sent.words
    assert "Convoqué" in browser.get(f"/cohorts/{one.cohort_id}").words
    file = browser.get(f"/people/{one.learner.person_id}")
    assert "par courriel à nadia1@exemple.fr" in file.words
    assert len(ids) == 2


def test_strangers_find_nothing(world: World, visit: Any) -> None:
    for who in (world.two.adviser, world.one.other_adviser):
        for page in ("convoke", "sent", "letters.pdf"):
            assert visit(who).fetch(f"/cohorts/{world.one.cohort_id}/{page}").status_code == 404
    for who in (world.one.trainer, world.one.learner):
        assert visit(who).fetch(f"/cohorts/{world.one.cohort_id}/sent").status_code in (403, 404)


def test_the_deed_leaves_a_receipt(world: World) -> None:
    done = convoke(world.one)
    with db.transaction(Mode.READ, world.one.tenant_id):
        batch = session.get_one(Batch, int(done.run.removeprefix("batch/")))
        assert (batch.deed, batch.total, batch.by_id) == ("convoke", 2, world.one.adviser.person_id)
        assert batch.organisation_id == world.one.agency_id
