"""Codes of ways into a cohort: drawn and read as those of invitations are, and never taken for one. Pure."""

from config import settings
from lms.core.sealing import Unsealable, unseal
from lms.organisations import invitation


def code_hash(typed: str) -> str:
    """What the table keeps of a code, however it was typed."""
    return invitation.code_hash(typed, "way")


def code_of(sealed: str) -> str:
    """The code, as it is printed; empty where the installation's key is another one since, so that it opens nothing."""
    try:
        return unseal(sealed)
    except Unsealable:
        return ""


def url_of(code: str) -> str:
    """The link of a code."""
    return f"{settings.current().base_url}/enrolment/{code}"
