"""Somebody whom a provider vouches for, whatever language it speaks."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Arrival:
    """Checked claims, and the token that ends their session over there (empty: there is none).

    ``once``: the number of what was said, good for one sign-on until ``until``; empty where the sign-on's own state sees to that.
    """

    claims: dict[str, Any]
    id_token: str
    once: str = ""
    until: datetime | None = None

    @property
    def subject(self) -> str:
        """Their number over there."""
        return str(self.claims["sub"])
