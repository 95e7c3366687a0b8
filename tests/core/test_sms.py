"""The port for texts: numbers, the service that takes a JSON POST, files, and the courier between them and the outbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from config.settings import Settings, SettingsError, load
from lms.core import db, post, sms
from lms.core.clock import Later
from lms.core.courier import Courier
from lms.core.db import Mode, session
from lms.core.post import Mail, Message
from tests.support.texts import TOKEN, Service, serving


class Short(Message):
    name = "test.short"

    def subject(self, details: dict[str, Any]) -> str:
        return "never"

    def short(self, details: dict[str, Any]) -> str:
        return f"Bonjour {details['who']},\nà lundi"


@pytest.fixture
def service() -> Iterator[Service]:
    with serving() as one:
        yield one


def courier(service: Service, tmp_path: Path, token: str = TOKEN) -> Courier:
    texts = sms.Gateway(service.url, token, ["127.0.0.1"])
    return Courier("", tmp_path / "mail", "http://localhost", texts=texts)


def write(phone: str = "06 39 98 12 34", key: str = "k1") -> None:
    with db.transaction():
        post.send_many(
            "test.short", [{"address": phone, "details": {"who": "Nadia"}, "key": key, "way": "sms"}]
        )


def row() -> Mail:
    with db.transaction(Mode.READ):
        return session.scalars(select(Mail)).one()


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("06 39 98 12 34", "+33639981234"), ("0690 12 34 56", "+590690123456"), ("0692123456", "+262692123456"),
        ("0639012345", "+262639012345"), ("+32 470 12 34 56", "+32470123456"), ("0032470123456", "+32470123456"),
        ("0694 12 34 56", "+594694123456"), ("0696.12.34.56", "+596696123456"), ("12", "12"),
    ],
)  # fmt: skip
def test_numbers_are_said_with_their_country(typed: str, number: str) -> None:
    assert sms.international(typed) == number


def test_typography_is_left_at_home() -> None:
    assert sms.plain("L’été\u00a0: «\u00a0Nuit\u00a0»…\nÀ lundi") == 'L\'été : "Nuit"... A lundi'


def test_a_text_leaves_once_and_what_was_answered_is_kept(
    app: Flask, service: Service, tmp_path: Path
) -> None:
    write()
    assert courier(service, tmp_path).turn()
    (taken,) = service.taken.values()
    assert (taken["to"], taken["text"]) == ("+33639981234", "Bonjour Nadia, à lundi")
    assert (row().state, row().answer, row().details) == ("sent", "202 sms-1", {})
    assert service.refused == []
    assert not courier(service, tmp_path).turn()


def test_a_busy_service_is_asked_again_and_one_that_says_no_is_not(
    app: Flask, service: Service, tmp_path: Path
) -> None:
    service.answers = [503]
    write()
    courier(service, tmp_path).turn()
    assert (row().state, row().attempt) == ("waiting", 1)
    assert "HTTP 503" in (row().answer or "")
    with db.transaction():
        session.execute(update(Mail).values(due_at=Later(-1)))
    courier(service, tmp_path).turn()
    assert (row().state, len(service.taken)) == ("sent", 1)


def test_a_wrong_token_or_number_fails_in_words(app: Flask, service: Service, tmp_path: Path) -> None:
    write()
    courier(service, tmp_path, token="x").turn()
    assert row().state == "failed"
    assert "HTTP 400" in (row().answer or "")
    assert service.refused == ["no token"]
    with db.transaction():
        session.execute(update(Mail).values(state="waiting", address="12"))
    courier(service, tmp_path).turn()
    assert "no telephone number" in (row().answer or "")


def test_nobody_there_loses_nothing_and_holds_no_mail_back(app: Flask, tmp_path: Path) -> None:
    write()
    away = Courier(
        "", tmp_path / "mail", "http://localhost", texts=sms.Gateway("http://127.0.0.1:1/", "", ["127.0.0.1"])
    )
    assert away.turn()
    assert row().state == "waiting"


def test_without_a_service_a_text_says_so(app: Flask, tmp_path: Path) -> None:
    write()
    Courier("", tmp_path / "mail", "http://localhost").turn()
    assert (row().state, row().answer) == ("failed", "554 no text service is set: LMS_SMS_URL")


def test_files_instead_of_a_service(app: Flask, tmp_path: Path, settings: Settings) -> None:
    assert sms.service(settings) is None
    named = sms.service(replace(settings, sms_url=f"file://{tmp_path / 'sms'}"))
    write()
    Courier("", tmp_path / "mail", "http://localhost", texts=named).turn()
    (file,) = (tmp_path / "sms").glob("*.sms")
    assert file.read_text(encoding="utf-8") == "+33639981234\nBonjour Nadia, à lundi\n"
    assert row().answer == file.name


def test_an_address_that_is_not_public_is_not_called(app: Flask, service: Service, tmp_path: Path) -> None:
    write()
    Courier("", tmp_path, "http://localhost", texts=sms.Gateway(service.url, TOKEN)).turn()
    assert (row().state, service.taken) == ("failed", {})


@pytest.mark.parametrize("url", ["ftp://sms.example.org", "https://", "https://me:secret@sms.example.org/"])
def test_the_setting_is_an_address_without_a_secret(url: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="LMS_SMS_URL") as refused:
        load({"LMS_SMS_URL": url, "LMS_VAR": str(tmp_path)})
    assert "secret@" not in str(refused.value)
