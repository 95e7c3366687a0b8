"""The program that checks signatures in XML: xmlsec1, which an installation may lack."""

from config import programs
from lms.sso.faults import ProviderAway


def is_there() -> bool:
    """Whether this machine has it."""
    return bool(programs.xmlsec1())


def path() -> str:
    """Where it is. Raises ``ProviderAway``: without it nobody is believed."""
    found = programs.xmlsec1()
    if not found:
        raise ProviderAway("program", "xmlsec1")
    return found
