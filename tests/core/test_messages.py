"""Every message words itself from its example, in both languages: the contract of the family."""

import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from lms.core import i18n
from lms.core.courier import Courier
from lms.core.post import Action, Facts, Message, Part


def ours() -> list[str]:
    """The names of the house's messages; those of other tests stay out."""
    return sorted(name for name, kind in Message.registered.items() if kind.__module__.startswith("lms."))


def mail(name: str, language: str) -> Any:
    example = Message.registered[name].example
    return SimpleNamespace(
        kind=name, key="k", language=language, zone="Europe/Paris", address="a@b.fr", details=example,
        tenant_id=1, person_id=2,
    )  # fmt: skip


def said_by(part: Part) -> list[str]:
    """What has to stand in the text of a mail."""
    if isinstance(part, Facts):
        return [word for pair in part.pairs for word in pair]
    return [part.url if isinstance(part, Action) else part]


def worded(name: str, language: str) -> EmailMessage:
    return Courier("", Path("unused"), "http://localhost").worded(mail(name, language))


@pytest.fixture(params=i18n.LANGUAGES)
def language(request: pytest.FixtureRequest, app: Flask) -> Iterator[str]:
    """Each language, spoken."""
    with i18n.speaking_to(request.param):
        yield request.param


def test_there_are_messages(app: Flask) -> None:
    assert {"enrolment.welcome"} <= set(ours())


def test_each_says_whose_it_is_and_has_an_example(app: Flask) -> None:
    for name in ours():
        kind = Message.registered[name]
        assert name.split(".")[0] == kind.__module__.split(".")[1], "its room"
        assert kind.example, name
        assert (kind.__doc__ or "").strip(), name


def test_each_has_one_line_of_subject_and_at_most_one_button(language: str) -> None:
    for name in ours():
        kind = Message.registered[name]
        subject, parts = kind().subject(kind.example), list(kind().paragraphs(kind.example))
        assert subject.strip() == subject != "", name
        assert len(subject) <= 100, name
        assert "\n" not in subject, name
        buttons = [part for part in parts if isinstance(part, Action)]
        assert len(buttons) <= 1, name
        assert all(re.match(r"https?://", button.url) and button.label.strip() for button in buttons), name
        assert [part for part in parts if isinstance(part, str)], name
        assert all(part.strip() for part in parts if isinstance(part, str)), name
        assert not [part for part in parts if isinstance(part, str) and ("%(" in part or "\u202f" in part)], (
            name
        )


def test_each_leaves_as_text_and_as_page(language: str) -> None:
    for name in ours():
        message = worded(name, language)
        text = message.get_body(("plain",))
        page = message.get_body(("html",))
        assert text is not None
        assert page is not None
        assert f'lang="{language}"' in page.get_content()
        kind = Message.registered[name]
        for part in kind().paragraphs(kind.example):
            assert all(said in text.get_content() for said in said_by(part)), name
        assert (message["List-Unsubscribe-Post"] is not None) == bool(kind.topic), name
        assert bytes(message), "it can be sent"


def test_every_word_has_its_french(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue: Any = i18n.reader("fr").catalogue
    assert getattr(catalogue, "_catalog", None), "translations are not compiled: python -m config.translate"
    known, missing = {key if isinstance(key, str) else key[0] for key in catalogue._catalog}, set()
    real = catalogue.gettext

    def spy(text: str) -> str:
        if text not in known:
            missing.add(text)
        return str(real(text))

    monkeypatch.setattr(catalogue, "gettext", spy)
    for name in ours():
        worded(name, "fr")
    assert missing == set()


def test_the_languages_differ(app: Flask) -> None:
    for name in ours():
        assert worded(name, "fr")["Subject"] != worded(name, "en")["Subject"], name


def test_names_are_text_and_never_page(app: Flask) -> None:
    hostile = "<script>alert(1)</script>"
    for name in ours():
        values = {
            k: f"{v}{hostile}" if isinstance(v, str) else v
            for k, v in Message.registered[name].example.items()
        }
        letter = mail(name, "fr")
        letter.details = values
        page = Courier("", Path("unused"), "http://localhost").worded(letter).get_body(("html",))
        assert page is not None
        assert hostile not in page.get_content(), name


def test_a_name_with_a_line_break_adds_no_header(app: Flask) -> None:
    letter = mail("enrolment.welcome", "fr")
    letter.details = letter.details | {"cohort": "x\r\nBcc: all@exemple.fr"}
    message = Courier("", Path("unused"), "http://localhost").worded(letter)
    assert message["Bcc"] is None
    assert "\n" not in message["Subject"]
