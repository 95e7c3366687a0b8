"""What changes accounts, sessions, cards and persons."""

from lms.people.hashing import hash_password, password_matches
from lms.people.queries import account_by_login, person_of_account
from lms.people.services.accounts import (
    create_account,
    end_sessions,
    made_up_login,
    set_code,
    set_password,
    speak,
    suspend,
)
from lms.people.services.addresses import ask_for_address, confirm_address
from lms.people.services.cards import cards_asked_for, new_cards, open_card, replace_card, withdraw_cards_of
from lms.people.services.erasure import erase, held_on
from lms.people.services.factors import forget_all, new_codes, turn_off, turn_on
from lms.people.services.keys import add_key, name_key, remove_key
from lms.people.services.links import WEEK, invite, mail_links, make_link, use_link
from lms.people.services.merging import CannotBeOne, Foreseen, foresee, merge
from lms.people.services.notices import tell
from lms.people.services.persons import NumberTaken, add_known_person, add_person, put_right, refuse_taken
from lms.people.services.presence import archive_people, bring_back, let_in_again, suspend_people
from lms.people.services.sign_ins import end, end_those, prove, renew, see, start

__all__ = [
    "WEEK",
    "CannotBeOne",
    "Foreseen",
    "NumberTaken",
    "account_by_login",
    "add_key",
    "add_known_person",
    "add_person",
    "archive_people",
    "ask_for_address",
    "bring_back",
    "cards_asked_for",
    "confirm_address",
    "create_account",
    "end",
    "end_sessions",
    "end_those",
    "erase",
    "foresee",
    "forget_all",
    "hash_password",
    "held_on",
    "invite",
    "let_in_again",
    "made_up_login",
    "mail_links",
    "make_link",
    "merge",
    "name_key",
    "new_cards",
    "new_codes",
    "open_card",
    "password_matches",
    "person_of_account",
    "prove",
    "put_right",
    "refuse_taken",
    "remove_key",
    "renew",
    "replace_card",
    "see",
    "set_code",
    "set_password",
    "speak",
    "start",
    "suspend",
    "suspend_people",
    "tell",
    "turn_off",
    "turn_on",
    "use_link",
    "withdraw_cards_of",
]
