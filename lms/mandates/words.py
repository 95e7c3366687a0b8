"""What a mandate says, in the words that people sign."""

from lms.core.behalf import Scope
from lms.core.i18n import Lazy, lazy

FORM = "2026-11"  #: the version of the printed form; another wording gets another version

SCOPES: dict[Scope, Lazy] = {
    Scope.COURSES: lazy("Open my courses, read the lessons and do the exercises with me"),
    Scope.PAPERS: lazy("See and print my certificates"),
}
DURATIONS: dict[int, Lazy] = {
    1: lazy("One day"),
    31: lazy("One month (31 days)"),
    182: lazy("Six months (182 days)"),
    365: lazy("One year (365 days)"),
}
NEVER: tuple[Lazy, ...] = (
    lazy("take a test that counts"),
    lazy("sign anything"),
    lazy("agree to anything"),
    lazy("change the password, the code or the contacts"),
    lazy("read or change what is held on the person"),
)


def scopes_in_words(scopes: list[str]) -> list[str]:
    """What it is for, one sentence each."""
    return [str(word) for scope, word in SCOPES.items() if scope.value in scopes]
