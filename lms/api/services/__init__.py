"""What programs may do, and the tokens by which they do it. Never commits and never sees the request."""

from lms.api.services.storage import DirectoryStorage
from lms.api.services.tokens import LONGEST_NAME, NoName, make_token, note_use, revoke_token

__all__ = ["LONGEST_NAME", "DirectoryStorage", "NoName", "make_token", "note_use", "revoke_token"]
