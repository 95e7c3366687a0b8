"""Who acts where no person does: a program that showed a token."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Client:
    """Plain values, as an actor is. It speaks for one organisation, whoever holds its token."""

    tenant_id: int
    organisation_id: int
    token_id: int
    last_used_at: datetime | None = None
    #: A program has neither account nor person: lines of the journal name its token.
    account_id: None = None
    person_id: None = None
