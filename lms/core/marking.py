"""Marks on the journal: what only this installation can make, since only it has the key (``LMS_SECRET_KEY``)."""

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from config import settings

_NONCE = 8  #: letters by which two lines that say the same differ
#: The columns of a line that are said when it is written.
SAID = ("tenant_id", "at", "account_id", "person_id", "for_id", "subject_id", "verb", "details")
_written = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode


def said(row: Mapping[Any, Any]) -> str:
    """What a line says, in a fixed writing. Raises ``TypeError`` for what is no JSON."""
    return written([moment(row[name]) if name == "at" else row[name] for name in SAID])


def written(values: list[Any]) -> str:
    """Plain values in a fixed writing."""
    return _written(values)


def moment(at: datetime) -> str:
    """An instant as both databases give it back."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def mark(text: str) -> str:
    """A mark for this text; no two are the same."""
    nonce = secrets.token_hex(_NONCE // 2)
    return nonce + _code(nonce, text)


def is_ours(text: str, made: str) -> bool:
    """Whether this installation made that mark for that text."""
    nonce = made[:_NONCE]
    return hmac.compare_digest(made[_NONCE:].encode(), _code(nonce, text).encode())


def _code(nonce: str, text: str) -> str:
    key = hashlib.sha256(b"kokoroe/journal/" + settings.current().secret_key.encode()).digest()
    return hmac.new(key, f"{nonce} {text}".encode(), hashlib.sha256).hexdigest()
