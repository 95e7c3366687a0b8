"""The outbox against a real SMTP server on the loopback, and as files where there is none."""

import email
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from flask import Flask
from sqlalchemy import func, select, update

from lms.core import db, post
from lms.core.clock import Later
from lms.core.courier import Courier
from lms.core.db import Mode, session
from lms.core.i18n import gettext as _
from lms.core.post import Action, Mail, Message


class Hello(Message):
    name = "test.hello"

    def subject(self, details: dict[str, Any]) -> str:
        return _("Sign in")

    def paragraphs(self, details: dict[str, Any]) -> list[str | Action]:
        return [f"Bonjour {details['who']}", Action("Ouvrir", "http://localhost/x?a=1&b=2")]


class Box:
    """Keeps what it receives; says 451, or 550, to as many recipients as asked."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []
        self.answers: list[str] = []

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answers:
            return self.answers.pop()
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.mails.append(envelope.content)
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        return [str(email.message_from_bytes(mail)["Message-ID"]) for mail in self.mails]


@pytest.fixture
def box(app: Flask, tmp_path: Path) -> Iterator[tuple[Box, Courier]]:
    kept = Box()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(kept, hostname="127.0.0.1", port=port)
    server.start()
    yield kept, Courier(f"smtp://127.0.0.1:{port}", tmp_path, "http://ecole.example")
    server.stop()


def write(number: int, **more: Any) -> None:
    with db.transaction():
        for n in range(number):
            post.send("test.hello", f"p{n}@example.org", {"who": f"N<{n}>"}, key=f"k{n}", **more)
        session.flush()
        session.execute(update(Mail).values(due_at=Later(-1)))


def states() -> dict[str, int]:
    with db.transaction(Mode.READ):
        counted = select(Mail.state, func.count()).group_by(Mail.state)
        return {row[0]: row[1] for row in session.execute(counted)}


def test_a_mail_leaves_once_in_the_readers_language(box: tuple[Box, Courier]) -> None:
    kept, courier = box
    write(25)
    while courier.turn():
        pass
    assert (len(kept.ids), len(set(kept.ids)), states()) == (25, 25, {"sent": 25})
    mail = email.message_from_bytes(kept.mails[0])
    parts = [part.get_payload(decode=True).decode() for part in mail.walk() if not part.is_multipart()]  # type: ignore[union-attr]
    assert [part.get_content_type() for part in mail.walk()][1:] == ["text/plain", "text/html"]
    assert "Bonjour N<" in parts[0]
    assert "Bonjour N&lt;" in parts[1]
    assert 'href="http://localhost/x?a=1&amp;b=2"' in parts[1]
    assert mail["Message-ID"].endswith("@ecole.example>")


def test_a_rolled_back_mail_never_leaves(box: tuple[Box, Courier]) -> None:
    kept, courier = box
    with pytest.raises(RuntimeError), db.transaction():
        post.send("test.hello", "a@example.org", {"who": "x"}, key="never")
        raise RuntimeError
    assert courier.turn() is False
    assert kept.mails == []


def test_a_busy_server_gets_it_later_and_a_refusal_is_final(box: tuple[Box, Courier]) -> None:
    kept, courier = box
    kept.answers = ["451 later", "550 nobody here"]
    write(3)
    courier.turn()
    assert len(kept.mails) == 1
    assert states() == {"sent": 1, "waiting": 1, "failed": 1}


def test_a_server_that_is_away_loses_nothing(app: Flask, tmp_path: Path) -> None:
    write(2)
    Courier("smtp://127.0.0.1:1", tmp_path, "http://localhost").turn()
    assert states() == {"waiting": 2}


def test_a_message_that_cannot_be_worded_does_not_stop_the_others(box: tuple[Box, Courier]) -> None:
    kept, courier = box
    write(2)
    with db.transaction():
        session.execute(update(Mail).where(Mail.key == "k0").values(details={}))
    while courier.turn():
        pass
    assert states() == {"sent": 1, "failed": 1}


def test_without_a_server_mails_are_files(app: Flask, tmp_path: Path) -> None:
    write(2)
    courier = Courier("", tmp_path / "mail", "http://localhost")
    courier.turn()
    files = list((tmp_path / "mail").glob("*.eml"))
    assert len(files) == 2
    assert states() == {"sent": 2}
