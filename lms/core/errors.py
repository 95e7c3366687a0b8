"""What a service says when the answer is no."""

from typing import ClassVar


class Refused(Exception):
    """A rule of the house said no: ``status`` is the HTTP answer, the text (already in the reader's language) the reason.

    ``remedy`` says what to do about it. A subclass per rule, above the service that raises it.
    """

    status: ClassVar[int] = 409
    remedy: str = ""
    retry_after: int = 0  #: seconds, where it is known when the answer may be another

    def __init__(self, reason: str = "", remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy or type(self).remedy


class NotAllowed(Refused):
    """Somebody of the team asked for what their role does not open; ``remedy`` says whose it does."""

    status = 403


class TooSlow(Refused):
    """The database gave up on a question that took too long."""

    status = 503


class Unavailable(Refused):
    """The database does not answer."""

    status = 503


class NoSpace(Refused):
    """A disk of ours is full: the database's, that of the files, or that of temporary files."""

    status = 507
