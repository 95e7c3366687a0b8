"""The outbox against a real SMTP server on the loopback, and as files where there is none."""

import email
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from flask import Flask
from sqlalchemy import func, select, update

from lms.core import db, post
from lms.core.clock import Later, now
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


class Odd(Message):
    name = "test.odd"

    def subject(self, details: dict[str, Any]) -> str:
        return "to " + details["who"]  # type: ignore[no-any-return]

    def paragraphs(self, details: dict[str, Any]) -> list[str | Action]:
        return []


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


def mails() -> list[Mail]:
    with db.transaction(Mode.READ):
        return list(session.scalars(select(Mail).order_by(Mail.id)))


def hurry() -> None:
    """What waits is due now."""
    with db.transaction():
        session.execute(update(Mail).values(due_at=Later(-1), lease_until=Later(-1)))


def test_a_cause_told_twice_is_one_mail(app: Flask) -> None:
    write(2)
    write(2)
    assert states() == {"waiting": 2}


def test_an_outage_counts_as_no_try(app: Flask, tmp_path: Path, box: tuple[Box, Courier]) -> None:
    """Else a server that was away for an hour and then says "later" once would lose every mail for good."""
    write(1)
    for _outage in range(12):
        Courier("smtp://127.0.0.1:1", tmp_path, "http://localhost").turn()
        hurry()
    assert mails()[0].attempt == 0
    kept, courier = box
    kept.answers = ["451 greylisted"]
    courier.turn()
    assert states() == {"waiting": 1}
    hurry()
    courier.turn()
    assert states() == {"sent": 1}


def test_a_mail_that_is_put_off_waits_longer_each_time_and_not_for_ever(box: tuple[Box, Courier]) -> None:
    kept, courier = box
    write(1)
    waits: list[int] = []
    while states() == {"waiting": 1}:
        kept.answers = ["451 later"]
        courier.turn()
        waits.append(round((mails()[0].due_at - now()).total_seconds() / 60))
        hurry()
    assert waits[:-1] == [5, 10, 20, 40, 80, 160, 240, 240, 240]
    assert states() == {"failed": 1}
    assert (mails()[0].answer or "").startswith("451 later")


def test_an_address_that_the_server_cannot_take_stops_no_other(app: Flask, tmp_path: Path) -> None:
    class Plain:
        """A server that knows no SMTPUTF8, as smtplib puts it."""

        sent: ClassVar[list[str]] = []

        def send_message(self, message: EmailMessage) -> None:
            if not message["To"].isascii():
                raise smtplib.SMTPNotSupportedError("One or more source or delivery addresses require UTF8")
            self.sent.append(message["To"])

    courier = Courier("", tmp_path, "http://localhost")
    courier._post = lambda: nullcontext(Plain())  # type: ignore[method-assign,assignment,return-value]
    with db.transaction():
        for n, name in enumerate(("émile", "anne")):
            post.send("test.hello", f"{name}@example.org", {"who": "x"}, key=f"k{n}")
        session.execute(update(Mail).values(due_at=Later(-1)))
    courier.turn()
    assert states() == {"failed": 1, "sent": 1}
    assert Plain.sent == ["anne@example.org"]


def test_a_mail_on_which_the_server_hangs_up_lets_the_others_pass(app: Flask, tmp_path: Path) -> None:
    class Touchy:
        """Hangs up on the first mail, whenever it comes."""

        def send_message(self, message: EmailMessage) -> None:
            if message["To"].startswith("p0"):
                raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")

    courier = Courier("", tmp_path, "http://localhost")
    courier._post = lambda: nullcontext(Touchy())  # type: ignore[method-assign,assignment,return-value]
    write(3)
    courier.turn()
    assert [(mail.state, mail.attempt) for mail in mails()] == [
        ("waiting", 1),
        ("waiting", 0),
        ("waiting", 0),
    ]
    with db.transaction():
        session.execute(update(Mail).where(Mail.key != "k0").values(due_at=Later(-1)))
    courier.turn()
    assert states() == {"waiting": 1, "sent": 2}


@pytest.mark.parametrize("details", [{"who": 1}, {}, {"who": None}])
def test_details_that_nobody_can_word_are_told(box: tuple[Box, Courier], details: dict[str, Any]) -> None:
    kept, courier = box
    with db.transaction():
        post.send("test.odd", "a@example.org", details, key="odd")
        session.execute(update(Mail).values(due_at=Later(-1)))
    write(1)
    courier.turn()
    assert states() == {"failed": 1, "sent": 1}
    assert mails()[0].answer


def test_a_courier_that_was_thought_dead_settles_nothing(box: tuple[Box, Courier]) -> None:
    _kept, courier = box
    write(1)
    late = courier._claim("late")
    hurry()
    heir = courier._claim("heir")
    assert (len(late), len(heir)) == (1, 1)
    courier._settle(Mail.id == late[0].id, "late", state="failed", answer="too late")
    assert (mails()[0].state, mails()[0].token) == ("leaving", "heir")
    courier._settle(Mail.id == heir[0].id, "heir", state="sent")
    assert states() == {"sent": 1}


def test_a_slow_courier_keeps_what_it_holds(app: Flask, tmp_path: Path) -> None:
    others: list[int] = []

    class Slow:
        """Takes its time over each mail."""

        def send_message(self, _message: EmailMessage) -> None:
            time.sleep(0.4)
            others.append(len(Courier("", tmp_path, "http://localhost")._claim("other")))

    courier = Courier("", tmp_path, "http://localhost", lease=0.9)
    courier._post = lambda: nullcontext(Slow())  # type: ignore[method-assign,assignment,return-value]
    write(5)
    courier.turn()
    assert (others, states()) == ([0] * 5, {"sent": 5})


def test_a_courier_takes_a_batch_and_no_more(box: tuple[Box, Courier]) -> None:
    _kept, courier = box
    write(300)
    assert [len(courier._claim(f"t{n}")) for n in range(3)] == [20, 20, 20]


def test_a_server_whose_certificate_nobody_vouches_for_gets_no_mail(app: Flask, tmp_path: Path) -> None:
    """A mail holds a way in: it is not given to whoever stands between."""
    with _self_signed(tmp_path) as port:
        write(1)
        Courier(f"smtps://127.0.0.1:{port}", tmp_path, "http://localhost").turn()
    assert states() == {"waiting": 1}
    assert "certificate" in (mails()[0].answer or "").lower()


@contextmanager
def _self_signed(folder: Path) -> Iterator[int]:
    """A server with TLS from the start and a certificate of its own making; its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now() - timedelta(days=1)).not_valid_after(now() + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    both = folder / "server.pem"
    plain = serialization.NoEncryption()
    pem, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    both.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    listening = socket.create_server(("127.0.0.1", 0))

    def greet() -> None:
        with suppress(OSError):
            raw, _where = listening.accept()
            with raw, context.wrap_socket(raw, server_side=True) as line:
                line.sendall(b"220 hello\r\n")

    answering = threading.Thread(target=greet)
    answering.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        answering.join(10)
        listening.close()
