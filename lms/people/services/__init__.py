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
from lms.people.services.merging import CannotBeOne, Foreseen, foresee, merge
from lms.people.services.persons import NumberTaken, add_known_person, add_person, put_right, refuse_taken
from lms.people.services.presence import archive_people, bring_back, let_in_again, suspend_people
from lms.people.services.sign_ins import end, end_those, renew, start

__all__ = [
    "WEEK",
    "CannotBeOne",
    "Foreseen",
    "NumberTaken",
    "account_by_login",
    "add_known_person",
    "add_person",
    "archive_people",
    "bring_back",
    "cards_asked_for",
    "create_account",
    "end",
    "end_sessions",
    "end_those",
    "erase",
    "foresee",
    "hash_password",
    "held_on",
    "invite",
    "let_in_again",
    "mail_links",
    "make_link",
    "merge",
    "new_cards",
    "open_card",
    "password_matches",
    "person_of_account",
    "put_right",
    "refuse_taken",
    "renew",
    "replace_card",
    "set_code",
    "set_password",
    "speak",
    "start",
    "suspend",
    "suspend_people",
    "use_link",
    "withdraw_cards_of",
]
