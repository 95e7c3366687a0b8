"""What people may switch off, and what they may not, with the reason."""

from dataclasses import dataclass

from lms.core.i18n import Lazy, lazy

REMINDERS = "reminders"
DIGESTS = "digests"


@dataclass(frozen=True, slots=True)
class Topic:
    """A family of messages as its reader knows it. ``is_for_staff``: only those who follow others get them."""

    name: str
    label: Lazy
    what: Lazy
    is_for_staff: bool = False


@dataclass(frozen=True, slots=True)
class Always:
    """What comes in any case, and why."""

    label: Lazy
    why: Lazy


TOPICS = (
    Topic(
        REMINDERS,
        lazy("Reminders of my courses"),
        lazy("Before the last day of a course, and when it is past: at most one mail a day."),
    ),
    Topic(
        DIGESTS,
        lazy("People whom I follow and who are late"),
        lazy("One mail for all of them, once a week or once a day as my organisation chose."),
        is_for_staff=True,
    ),
)
BY_NAME = {topic.name: topic for topic in TOPICS}
ALWAYS = (
    Always(
        lazy("Convocations"),
        lazy("The training body must be able to prove that it invited you, and told you how to take part and whom to call."),
    ),
    Always(
        lazy("Passwords, codes and sign-ins"),
        lazy("They protect your account: whoever got into it must not be able to silence them."),
    ),
    Always(
        lazy("Answers about your personal data"),
        lazy("The law asks us to answer you."),
    ),
)  # fmt: skip
