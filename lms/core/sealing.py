"""Secrets that the database keeps sealed: a stolen copy of it opens nothing without the installation's key."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken

from config import settings


class Unsealable(Exception):
    """The text was sealed with another key, or damaged."""


def seal(secret: str) -> str:
    """``secret`` as text that only this installation can read."""
    return _box().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """What ``seal`` was given. Raises ``Unsealable``."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unsealable from error


def fingerprint(secret: str) -> str:
    """What a table keeps of a long random token, so that it can be found but not used: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _box() -> Fernet:
    key = hashlib.sha256(b"kokoroe/seal/" + settings.current().secret_key.encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))
