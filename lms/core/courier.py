"""Takes messages out of the outbox: mails by SMTP, or as files in a folder where no server is set; texts by ``sms``.

At least once: a mail can go out twice only if the worker dies between the server's answer and our
mark. That window is one mail wide, as each is settled on its own, and the copy has the same Message-ID.
"""

import logging
import os
import re
import secrets
import smtplib
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.errors import MessageError
from email.message import EmailMessage
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from sqlalchemy import and_, or_, select, update

from lms.core import db, i18n, sms, worker
from lms.core import mail_look as look
from lms.core.clock import Later
from lms.core.db import session
from lms.core.i18n import gettext as _
from lms.core.post import Mail, Message, Part, Way, message_id, stop_token

log = logging.getLogger("lms.courier")

LEASE = 60.0  #: seconds after which a silent courier is taken for dead
TURN = 20.0  #: seconds after which a courier with a slow server lets others work, and hands back what it still holds
_BATCH = 20
_TRIES = 10
_PAUSE, _LONGEST_PAUSE = (
    300.0,
    4 * 3600.0,
)  #: seconds before a mail that was put off is tried again; doubles each time
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
Send = Callable[[], str]  #: hands a worded message over; says what was answered
Hand = Callable[[Any], Send]  #: words a row of the outbox


class Post(Protocol):
    """Where mails go."""

    def send_message(self, message: EmailMessage) -> object:
        """Hand over one mail; raises ``smtplib.SMTPException`` or ``OSError``."""


class Folder:
    """A post for people who look at files: one ``.eml`` a mail, named by its Message-ID."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, ""
        folder.mkdir(parents=True, exist_ok=True)

    def send_message(self, message: EmailMessage) -> None:
        """Write the mail; the same mail again is the same file."""
        target = self.folder / f"{message['Message-ID'].strip('<>').split('@')[0]}.eml"
        draft = target.with_suffix(".part")
        try:
            draft.write_bytes(bytes(message))
            os.replace(draft, target)
        except OSError:  # no room: no half of a mail stays
            draft.unlink(missing_ok=True)
            raise
        self.said = target.name


class _Listening(smtplib.SMTP):
    """Remembers what the server said when it took a mail: that is what proves that it did."""

    said = ""

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Hand over the mail itself."""
        code, answer = super().data(msg)
        self.said = f"{code} {answer.decode('utf-8', 'replace')}"
        return code, answer


class _ListeningFromTheStart(_Listening, smtplib.SMTP_SSL):
    """The same under TLS from the first byte."""


class Courier:
    """Takes a few messages at a time, the mails over one connection, and settles each on its own."""

    def __init__(
        self, smtp_url: str, folder: Path, base_url: str, lease: float = LEASE, texts: sms.Sms | None = None
    ) -> None:
        self.smtp_url, self.folder, self.lease, self.texts = smtp_url, folder, lease, texts
        self.base_url, self.host = base_url, urlsplit(base_url).hostname or "localhost"

    def turn(self) -> bool:
        """Send what is due; says whether anything was."""
        token = f"{worker.me()}/{secrets.token_hex(8)}"  # whose it was, should this process die
        mails = self._claim(token)
        if not mails:
            return False
        began = time.monotonic()
        texts = [mail for mail in mails if mail.way == Way.SMS]
        letters = [mail for mail in mails if mail.way != Way.SMS]
        try:
            self._hand_over(texts, self._text, token, began)
            if letters:
                with self._post() as post:
                    self._hand_over(letters, partial(self._mail, post), token, began)
        except (
            OSError
        ) as error:  # the server is away: what was not settled waits, and it was not the mail's fault
            away = {"state": "waiting", "due_at": Later(30), "attempt": Mail.attempt - 1}
            self._settle(Mail.token == token, token, **away, answer=str(error)[:200])
        return True

    def _hand_over(self, mails: list[Any], hand: Hand, token: str, began: float) -> None:
        claimed = time.monotonic()
        for mail in mails:
            if time.monotonic() - began > TURN:  # the same process does jobs, which must not wait longer
                self._settle(Mail.token == token, token, state="waiting", attempt=Mail.attempt - 1)
                break
            if time.monotonic() - claimed > self.lease / 4:  # a slow server: say that we live
                claimed = time.monotonic()
                self._settle(Mail.token == token, token, lease_until=Later(self.lease))
            self._send(hand, mail, token)

    @contextmanager
    def _post(self) -> Iterator[Post]:
        if not self.smtp_url:
            yield Folder(self.folder)
            return
        url, trusted = (
            urlsplit(self.smtp_url),
            ssl.create_default_context(),
        )  # smtplib's own checks no certificate
        with self._server(url.scheme, url.hostname or "localhost", url.port or 0, trusted) as server:
            server.ehlo_or_helo_if_needed()
            if url.scheme == "smtp" and url.hostname not in _LOOPBACK and server.has_extn("starttls"):
                server.starttls(context=trusted)
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            yield server

    def _server(self, scheme: str, host: str, port: int, trusted: ssl.SSLContext) -> _Listening:
        if scheme == "smtps":
            return _ListeningFromTheStart(host, port, timeout=30, context=trusted)
        return _Listening(host, port, timeout=30)

    def _claim(self, token: str) -> list[Any]:
        free = or_(
            and_(Mail.state == "waiting", Mail.due_at <= Later()),
            and_(Mail.state == "leaving", Mail.lease_until < Later()),
        )
        with db.transaction(db.Mode.READ, of_all=True):
            if session.execute(select(Mail.id).where(free).limit(1)).first() is None:
                return []  # the usual case: no need to take the writer's place
        chosen = select(Mail.id).where(free).order_by(Mail.due_at, Mail.id).limit(_BATCH)
        once = chosen.with_for_update(skip_locked=True).cte(
            "chosen"
        )  # as a subquery it may be asked again for each row
        taking = (
            update(Mail)
            .where(Mail.id.in_(select(once.c.id)))
            .values(state="leaving", token=token, lease_until=Later(self.lease), attempt=Mail.attempt + 1)
            .returning(
                Mail.id,
                Mail.key,
                Mail.kind,
                Mail.way,
                Mail.tenant_id,
                Mail.person_id,
                Mail.language,
                Mail.zone,
                Mail.address,
                Mail.details,
                Mail.attempt,
            )
            .execution_options(synchronize_session=False)
        )
        with db.transaction(
            of_all=True
        ):  # an UPDATE returns its rows in no order: the oldest mail leaves first
            return sorted(session.execute(taking).all(), key=lambda mail: mail.id)

    def _mail(self, post: Post, mail: Any) -> Send:
        message = self.worded(mail)

        def send() -> str:
            post.send_message(message)
            return getattr(post, "said", "")  # what was answered, where the post knows

        return send

    def _text(self, mail: Any) -> Send:
        text = self.worded_short(mail)
        return partial(sms.send, self.texts, mail.address, text, mail.key)

    def _send(self, hand: Hand, mail: Any, token: str) -> None:
        mine = Mail.id == mail.id
        try:
            send = hand(mail)
        except Exception as error:  # a message that cannot be worded must not stop the others
            log.exception("mail %s (%s) cannot be worded", mail.id, mail.kind)
            self._settle(mine, token, state="failed", answer=f"{type(error).__name__}: {error}"[:200])
            return
        try:
            answer = send()
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            self._refused(mail, token, code, said)
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._refused(mail, token, error.smtp_code, error.smtp_error)
        except sms.NotTaken as error:
            self._refused(mail, token, error.code, str(error))
        except (
            smtplib.SMTPNotSupportedError,
            MessageError,
            ValueError,
        ) as error:  # no server of ours takes this one
            self._settle(mine, token, state="failed", answer=f"{type(error).__name__}: {error}"[:200])
        except (
            OSError
        ) as error:  # the server hung up on this one: it must not stand before the others for ever
            self._refused(mail, token, 421, str(error))
            raise
        else:
            over: dict[str, Any] = {
                "state": "sent",
                "sent_at": Later(),
                "token": None,
                "answer": answer[:200],
                "details": {},
            }
            self._settle(mine, token, **over)

    def _refused(self, mail: Any, token: str, code: int, answer: bytes | str) -> None:
        for_good = code >= 500 or mail.attempt >= _TRIES
        said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        pause = min(_PAUSE * 2 ** (mail.attempt - 1), _LONGEST_PAUSE)
        change = {"state": "failed"} if for_good else {"state": "waiting", "due_at": Later(pause)}
        self._settle(Mail.id == mail.id, token, **change, answer=f"{code} {said}"[:200])

    def worded(self, mail: Any) -> EmailMessage:
        """The mail as it leaves, in its reader's language."""
        kind: Message = Message.registered[mail.kind]()
        message = EmailMessage()
        message["Message-ID"] = message_id(mail.key, self.host)
        message["Date"] = formatdate()
        message["From"], message["To"] = f"Kokoroe <ne-pas-repondre@{self.host}>", mail.address
        with i18n.speaking_to(mail.language, mail.zone):
            message["Subject"] = re.sub(r"[\r\n\t]+", " ", kind.subject(mail.details)).strip()
            parts: list[Part | look.Small] = list(kind.paragraphs(mail.details))
            if stop := self._stop(kind, mail):
                parts.append(
                    look.Small(_("You do not want such mails any more?"), _("Receive no more of these"), stop)
                )
                message["List-Unsubscribe"] = f"<{stop}>"
                message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message["Content-Language"] = mail.language
        message.set_content(look.as_text(parts))
        message.add_alternative(look.as_html(parts, mail.language), subtype="html")
        return message

    def worded_short(self, mail: Any) -> str:
        """The text for a telephone, in its reader's language."""
        kind: Message = Message.registered[mail.kind]()
        with i18n.speaking_to(mail.language, mail.zone):
            return sms.plain(kind.short(mail.details))

    def _stop(self, kind: Message, mail: Any) -> str:
        """Where the reader switches such mails off (RFC 8058); empty: they may not."""
        if not kind.topic or mail.tenant_id is None or mail.person_id is None:
            return ""
        return f"{self.base_url}/notifications/stop/{stop_token(mail.tenant_id, mail.person_id, kind.topic)}"

    def _settle(self, which: Any, held: str, /, **values: Any) -> None:
        """Write what became of mails that this courier still holds; those that another one has are no longer ours."""
        ours = which, Mail.token == held, Mail.state == "leaving"
        with db.transaction(of_all=True):
            session.execute(update(Mail).where(*ours).values(**values))
