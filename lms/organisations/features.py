"""Switches of an organisation: what is done there in another way than elsewhere. All are off unless somebody turns them on."""

from dataclasses import dataclass

from lms.core.i18n import Lazy, lazy

OWN_CASELOAD = "own-caseload"
NO_CARDS = "no-cards"


@dataclass(frozen=True, slots=True)
class Feature:
    """A switch: what it is called in the row, and what people read about it."""

    name: str
    label: Lazy
    help: Lazy


FEATURES = (
    Feature(
        OWN_CASELOAD,
        lazy("Advisers see only the people whom they follow"),
        lazy(
            "Otherwise they see everybody of the agency. Reports about whole cohorts are then closed to them."
        ),
    ),
    Feature(
        NO_CARDS,
        lazy("No access cards are made here"),
        lazy(
            "For organisations where everybody has an e-mail address or signs in with the company's account."
        ),
    ),
)
NAMES = frozenset(one.name for one in FEATURES)
