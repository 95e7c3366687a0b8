"""What changes accounts, sessions, cards and persons."""

from lms.people.hashing import hash_password, password_matches
from lms.people.queries import account_by_login, person_of_account
from lms.people.services.accounts import (
    create_account,
    end_sessions,
    set_code,
    set_password,
    speak,
    suspend,
)
from lms.people.services.cards import cards_asked_for, new_cards, open_card, replace_card, withdraw_cards_of
from lms.people.services.erasure import erase, held_on
from lms.people.services.links import WEEK, invite, mail_links, make_link, use_link
from lms.people.services.persons import add_person, put_right
from lms.people.services.sign_ins import end, renew, start

__all__ = [
    "WEEK",
    "account_by_login",
    "add_person",
    "cards_asked_for",
    "create_account",
    "end",
    "end_sessions",
    "erase",
    "hash_password",
    "held_on",
    "invite",
    "mail_links",
    "make_link",
    "new_cards",
    "open_card",
    "password_matches",
    "person_of_account",
    "put_right",
    "renew",
    "replace_card",
    "set_code",
    "set_password",
    "speak",
    "start",
    "suspend",
    "use_link",
    "withdraw_cards_of",
]
