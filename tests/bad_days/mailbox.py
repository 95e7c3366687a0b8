"""A mail server that a test may make slow, moody or deaf; it keeps what it said yes to."""

import asyncio
import email
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.servers import free_port


@dataclass(slots=True)
class Mailbox:
    """What arrived, and how the server behaves. ``answer``: what it says to a mail; ``pause``: seconds before that."""

    port: int = field(default_factory=free_port)
    answer: str = "250 OK"
    pause: float = 0.0
    hangs_up: bool = False  #: after it has taken the mail in, before it says so
    mails: list[tuple[str, str]] = field(
        default_factory=list
    )  #: address and Message-ID of each that was taken in
    tried: int = 0

    @property
    def url(self) -> str:
        """``LMS_SMTP_URL``."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def addresses(self) -> set[str]:
        """Who got something."""
        return {address for address, _ in self.mails}

    @property
    def doubles(self) -> int:
        """Mails that came again under the same Message-ID."""
        return sum(count - 1 for count in Counter(self.mails).values())

    def strangers(self) -> list[str]:
        """Addresses that got the same cause under two Message-IDs: what no reader's program can put together."""
        names = defaultdict(set)
        for address, name in self.mails:
            names[address].add(name)
        return [address for address, found in names.items() if len(found) > 1]

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:
        """The mail is here; the sender knows once we have said so."""
        self.tried += 1
        await asyncio.sleep(self.pause)
        if self.answer.startswith("250"):
            name = str(email.message_from_bytes(envelope.content)["Message-ID"])
            self.mails += [(address, name) for address in envelope.rcpt_tos]
        if self.hangs_up:
            server.transport.abort()
        return self.answer


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """A server on the loopback for one test."""
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=box.port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()
