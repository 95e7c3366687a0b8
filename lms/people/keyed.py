"""Fingerprints that only this installation can make: a stolen database does not say of what they are."""

import hashlib
import hmac

from config import settings


def keyed(purpose: str, text: str) -> str:
    """HMAC-SHA256 of ``text`` with the installation's secret, hexadecimal; each purpose has its own key."""
    key = hashlib.sha256(b"kokoroe/people/" + settings.current().secret_key.encode()).digest()
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).hexdigest()
