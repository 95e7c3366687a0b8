"""What changes providers, and who comes in by them."""

from lms.sso.services.admission import Admitted, admit, admit_invited, tie_owner
from lms.sso.services.links import allow_new_number, link, unlink
from lms.sso.services.providers import (
    NotTested,
    add,
    change,
    discovered,
    failed,
    go_live,
    is_away,
    remember,
    remove,
    submit,
    switch_off,
    tested,
    trust,
    trust_for,
)
from lms.sso.services.refusals import KnownHere, NotInvited, OtherNumber, TooWide, redacted
from lms.sso.services.sessions import forget_old, keep_session, take_once, take_state, way_out

__all__ = [
    "Admitted",
    "KnownHere",
    "NotInvited",
    "NotTested",
    "OtherNumber",
    "TooWide",
    "add",
    "admit",
    "admit_invited",
    "allow_new_number",
    "change",
    "discovered",
    "failed",
    "forget_old",
    "go_live",
    "is_away",
    "keep_session",
    "link",
    "redacted",
    "remember",
    "remove",
    "submit",
    "switch_off",
    "take_once",
    "take_state",
    "tested",
    "tie_owner",
    "trust",
    "trust_for",
    "unlink",
    "way_out",
]
