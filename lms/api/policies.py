"""Who may let programs in, and what these may do. Pure: the actor and the subject say all."""

from lms.api.client import Client
from lms.organisations.actor import Actor


def may_provision(actor: object, _subject: object = None) -> bool:
    """The identity system of an organisation, by that organisation's token: its users and groups, nothing else."""
    return isinstance(actor, Client)


def may_manage_tokens(actor: Actor, _subject: object = None) -> bool:
    """Administrators, for the organisation in hand: whoever holds a token adds and suspends people."""
    return actor.is_admin


def may_revoke_token(actor: Actor, _token: object) -> bool:
    """Administrators of the organisation for which the token speaks, or of one above it, with it in hand."""
    return actor.is_admin
