"""Takes mails out of the outbox: by SMTP, or as files in a folder where no server is set.

At least once: a mail can go out twice only if the worker dies between the server's answer and our
mark. That window is one mail wide, as each is settled on its own, and the copy has the same Message-ID.
"""

import os
import secrets
import smtplib
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from markupsafe import escape
from sqlalchemy import and_, or_, select, update

from lms.core import db, i18n
from lms.core.clock import Later
from lms.core.db import session
from lms.core.post import Action, Mail, Message, message_id

LEASE = 60.0  #: seconds after which a silent courier is taken for dead
_BATCH = 20
_TRIES = 10


class Post(Protocol):
    """Where mails go."""

    def send_message(self, message: EmailMessage) -> object:
        """Hand over one mail; raises ``smtplib.SMTPException`` or ``OSError``."""


class Folder:
    """A post for people who look at files: one ``.eml`` a mail, named by its Message-ID."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def send_message(self, message: EmailMessage) -> None:
        """Write the mail; the same mail again is the same file."""
        target = self.folder / f"{message['Message-ID'].strip('<>').split('@')[0]}.eml"
        draft = target.with_suffix(".part")
        draft.write_bytes(bytes(message))
        os.replace(draft, target)


class Courier:
    """Takes a few mails at a time over one connection, and settles each on its own."""

    def __init__(self, smtp_url: str, folder: Path, base_url: str, lease: float = LEASE) -> None:
        self.smtp_url, self.folder, self.lease = smtp_url, folder, lease
        self.host = urlsplit(base_url).hostname or "localhost"

    def turn(self) -> bool:
        """Send what is due; says whether anything was."""
        token = secrets.token_hex(8)
        mails = self._claim(token)
        if not mails:
            return False
        try:
            with self._post() as post:
                for mail in mails:
                    self._send(post, mail, token)
        except OSError as error:  # the server is away: what was not settled waits for its turn
            self._settle(Mail.token == token, state="waiting", due_at=Later(30), answer=str(error)[:200])
        return True

    @contextmanager
    def _post(self) -> Iterator[Post]:
        if not self.smtp_url:
            yield Folder(self.folder)
            return
        url = urlsplit(self.smtp_url)
        kind = smtplib.SMTP_SSL if url.scheme == "smtps" else smtplib.SMTP
        with kind(url.hostname or "localhost", url.port or 0, timeout=30) as server:
            if url.scheme == "smtp" and server.has_extn("starttls"):
                server.starttls()
            if url.username:
                server.login(unquote(url.username), unquote(url.password or ""))
            yield server

    def _claim(self, token: str) -> list[Any]:
        free = or_(
            and_(Mail.state == "waiting", Mail.due_at <= Later()),
            and_(Mail.state == "leaving", Mail.lease_until < Later()),
        )
        with db.transaction(db.Mode.READ):
            if session.execute(select(Mail.id).where(free).limit(1)).first() is None:
                return []  # the usual case: no need to take the writer's place
        chosen = select(Mail.id).where(free).order_by(Mail.due_at, Mail.id).limit(_BATCH)
        taking = (
            update(Mail)
            .where(Mail.id.in_(chosen.with_for_update(skip_locked=True)))
            .values(state="leaving", token=token, lease_until=Later(self.lease), attempt=Mail.attempt + 1)
            .returning(
                Mail.id,
                Mail.key,
                Mail.kind,
                Mail.language,
                Mail.zone,
                Mail.address,
                Mail.details,
                Mail.attempt,
            )
            .execution_options(synchronize_session=False)
        )
        with db.transaction():
            return list(session.execute(taking).all())

    def _send(self, post: Post, mail: Any, token: str) -> None:
        mine = Mail.id == mail.id
        try:
            post.send_message(self.worded(mail))
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            self._refused(mail, code, answer)
        except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
            self._refused(mail, error.smtp_code, error.smtp_error)
        except (KeyError, ValueError) as error:  # a message that cannot be worded must not stop the others
            self._settle(mine, state="failed", answer=f"{type(error).__name__}: {error}"[:200])
        else:
            self._settle(mine, state="sent", sent_at=Later(), token=None)

    def _refused(self, mail: Any, code: int, answer: bytes | str) -> None:
        for_good = code >= 500 or mail.attempt >= _TRIES
        said = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
        change = {"state": "failed"} if for_good else {"state": "waiting", "due_at": Later(300)}
        self._settle(Mail.id == mail.id, **change, answer=f"{code} {said}"[:200])

    def worded(self, mail: Any) -> EmailMessage:
        """The mail as it leaves, in its reader's language."""
        kind: Message = Message.registered[mail.kind]()
        message = EmailMessage()
        message["Message-ID"] = message_id(mail.key, self.host)
        message["Date"] = formatdate()
        message["From"], message["To"] = f"Kokoroe <ne-pas-repondre@{self.host}>", mail.address
        with i18n.speaking_to(mail.language, mail.zone):
            message["Subject"] = " ".join(kind.subject(mail.details).split())
            parts = list(kind.paragraphs(mail.details))
        message["Content-Language"] = mail.language
        message.set_content("\n\n".join(_as_text(part) for part in parts) + "\n")
        message.add_alternative(_as_html(parts, mail.language), subtype="html")
        return message

    def _settle(self, which: Any, **values: Any) -> None:
        with db.transaction():
            session.execute(update(Mail).where(which, Mail.state == "leaving").values(**values))


def _as_text(part: str | Action) -> str:
    return f"{part.label}\u00a0:\n{part.url}" if isinstance(part, Action) else part


def _as_html(parts: list[str | Action], language: str) -> str:
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"></head>'
        '<body style="font:18px/1.5 sans-serif;color:#14242a;max-width:36em">'
        + "".join(_paragraph(part) for part in parts)
        + "</body></html>"
    )


def _paragraph(part: str | Action) -> str:
    if isinstance(part, Action):
        return f'<p><a href="{escape(part.url)}" style="color:#0b4a59;font-weight:bold">{escape(part.label)}</a></p>'
    return f"<p>{escape(part)}</p>"
