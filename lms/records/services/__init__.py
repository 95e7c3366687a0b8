"""What is done about the journal, and about what people ask."""

from lms.records.services.erasure import erase
from lms.records.services.lines import export, warn_administrators
from lms.records.services.requests import NothingAsked, TooManyAsked, answer, ask, correct_own, forget_old

__all__ = [
    "NothingAsked",
    "TooManyAsked",
    "answer",
    "ask",
    "correct_own",
    "erase",
    "export",
    "forget_old",
    "warn_administrators",
]
