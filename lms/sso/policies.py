"""Who may say which providers are trusted. Pure: the actor and the subject say all."""

from lms.organisations.actor import Actor


def may_list_providers(actor: Actor, _subject: object = None) -> bool:
    """Administrators, for the organisation in hand and all below it."""
    return actor.is_admin


def may_set_up_provider(actor: Actor, _provider: object) -> bool:
    """Administrators of the organisation to which the provider belongs, or of one above it."""
    return actor.is_admin


def may_tie_others(actor: Actor, _link: object) -> bool:
    """The same administrators: they take a tie away or allow a new number, and never make a tie for somebody else."""
    return actor.is_admin


def may_untie_oneself(_actor: Actor, _link: object) -> bool:
    """Everybody for their own ties."""
    return True
