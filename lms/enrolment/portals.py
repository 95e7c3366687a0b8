"""What is declared elsewhere by hand, and where: Kairos of France Travail, EDOF of the personal training account (CPF)."""

import enum
import re

from lms.core.i18n import sort_key

WITHIN = 3  #: working days after a fact, until which it is to be declared


class Portal(enum.StrEnum):
    """Where the facts of a training are typed in."""

    KAIROS = "kairos"
    EDOF = "edof"
    #: Somebody said so: nothing is declared.
    NOWHERE = "nowhere"


class Slot(enum.StrEnum):
    """The two things that a portal asks of each person."""

    ENTRY = "entry"
    EXIT = "exit"


class Fact(enum.StrEnum):
    """What is declared: the first two answer ``Slot.ENTRY``, the others ``Slot.EXIT``."""

    ENTRY = "entry"
    NO_ENTRY = "no-entry"
    ABANDON = "abandon"
    END = "end"


#: Words of a scheme -> the portal; the first line that has one of the scheme's words decides.
SCHEMES: tuple[tuple[frozenset[str], Portal | None], ...] = (
    (frozenset({"transition", "ptp"}), None),  # "CPF de transition": Transitions Pro has a portal of its own
    (frozenset({"cpf", "edof"}), Portal.EDOF),
    (frozenset({"aif", "poei", "poec", "poe", "afc", "afpr", "41n", "foad", "kairos"}), Portal.KAIROS),
)


def portal_of(scheme: str) -> Portal | None:
    """The portal of a scheme as files and people write it (``AIF``, ``Autres_AFC``, ``CPF-DE``); None where none is known."""
    words = set(re.findall(r"[a-z0-9]+", sort_key(scheme)))
    return next((portal for known, portal in SCHEMES if words & known), None)
