"""How somebody gets in who has never been there: in mails and on paper alike. It holds no secret."""

from lms.core.i18n import gettext as _


def getting_in() -> list[str]:
    """The three ways, in the language spoken now."""
    return [
        _("The first time, choose “Forgotten password” on that page and type the address of this mail: you receive a link to choose your password."),
        _("If you have an access card, choose “I have a card” and type its six words."),
        _("Neither works? Ask the person who accompanies you for an access card: it takes two minutes."),
    ]  # fmt: skip


def getting_in_by_card() -> list[str]:
    """The same for whoever has no e-mail address."""
    return [
        _("You get in with an access card: on that page, choose “I have a card” and type its six words."),
        _("No card yet? Ask the person who accompanies you: it takes two minutes, and no e-mail address is needed."),
    ]  # fmt: skip
