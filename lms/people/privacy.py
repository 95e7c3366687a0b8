"""What this room holds on people: who they are, and how they sign in."""

from typing import Any, ClassVar

from sqlalchemy import ColumnElement, String, and_, cast, literal

from lms.core.clock import now
from lms.core.i18n import lazy
from lms.core.privacy import Erased, Holding, Whose
from lms.people.models import (
    AccessCard,
    Account,
    AddressChange,
    Authenticator,
    Passkey,
    Person,
    RecoveryCode,
    ResetLink,
    SignIn,
)


class OfAccount:
    """What belongs to an account: shown to its owner, and gone when the account goes."""

    table: ClassVar[Any]

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        found: ColumnElement[bool] = self.table.account_id.in_(whose.account_ids)
        return found

    def gone(self: Any, whose: Whose) -> Erased:
        return Erased(deleted=self.delete(self.table.account_id.in_(whose.ending_ids)))


class Accounts(Holding):
    """How they sign in."""

    name = "account"
    table = Account
    label = lazy("My account")
    columns = {
        "login": lazy("Login"),
        "email": lazy("E-mail"),
        "language": lazy("Language"),
        "created_at": lazy("Since"),
    }
    stays = ("login", "password_hash", "pin_hash", "email")
    reason = lazy("The account also opens a file with another organisation: it stays for that one.")

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return Account.id.in_(whose.account_ids)

    def erase(self, whose: Whose) -> Erased:
        gone = self.delete(Account.id.in_(whose.ending_ids))
        return Erased(deleted=gone, kept=len(whose.account_ids) - gone)


class Persons(Holding):
    """Who they are, and how they are reached. The row stays as a number: figures and evidence point at it."""

    name = "person"
    table = Person
    label = lazy("Who I am")
    columns = {
        "first_name": lazy("First name"),
        "last_name": lazy("Last name"),
        "email": lazy("E-mail"),
        "phone": lazy("Telephone"),
        "birth_date": lazy("Date of birth"),
        "postcode": lazy("Postcode"),
        "agency_identifier": lazy("Number at the employment agency"),
        "hr_number": lazy("Staff number"),
        "certified_by": lazy("Name certified by"),
        "situation": lazy("Situation"),
        "language": lazy("Language"),
        "created_at": lazy("Since"),
    }
    reason = lazy("A number without a name: totals and evidence of the training point at it.")

    def mine(self, whose: Whose) -> ColumnElement[bool]:
        return and_(Person.tenant_id == whose.tenant_id, Person.id.in_(whose.person_ids))

    def erase(self, whose: Whose) -> Erased:
        number = literal("n° ").concat(cast(Person.id, String))
        nothing = dict.fromkeys(
            (
                "email",
                "phone",
                "birth_date",
                "postcode",
                "agency_identifier",
                "hr_number",
                "certified_by",
                "account_id",
            )
        )
        emptied = self.empty(
            self.mine(whose),
            first_name="",
            last_name=number,
            sort_name=number,
            archived_at=now(),
            **nothing,
        )
        return Erased(emptied=emptied)


class AccessCards(OfAccount, Holding):
    """Printed cards."""

    name = "access_card"
    table = AccessCard
    label = lazy("My access cards")
    columns = {
        "number": lazy("Number"),
        "created_at": lazy("Made"),
        "used_at": lazy("Opened"),
        "revoked_at": lazy("Withdrawn"),
    }

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class SignIns(OfAccount, Holding):
    """Browsers in which they are or were signed in."""

    name = "sign_in"
    table = SignIn
    label = lazy("Where my account is open")
    columns = {
        "method": lazy("By"),
        "device": lazy("Browser"),
        "network": lazy("From the network"),
        "seen_at": lazy("Last seen"),
        "started_at": lazy("From"),
        "ended_at": lazy("Until"),
    }

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class ResetLinks(OfAccount, Holding):
    """Links to choose a password."""

    name = "reset_link"
    table = ResetLink
    label = lazy("Links for a new password")
    columns = {"expires_at": lazy("Good until"), "used_at": lazy("Used")}

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class Authenticators(OfAccount, Holding):
    """The app that shows codes."""

    name = "authenticator"
    table = Authenticator
    label = lazy("My app that shows codes")
    columns = {"created_at": lazy("Since")}

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class RecoveryCodes(OfAccount, Holding):
    """Codes for the day the app is lost."""

    name = "recovery_code"
    table = RecoveryCode
    label = lazy("My recovery codes")
    columns = {"created_at": lazy("Made"), "used_at": lazy("Used")}

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class Passkeys(OfAccount, Holding):
    """Keys that their devices keep."""

    name = "passkey"
    table = Passkey
    label = lazy("My passkeys")
    columns = {"name": lazy("Name"), "created_at": lazy("Made"), "used_at": lazy("Used")}

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)


class AddressChanges(OfAccount, Holding):
    """Addresses that they wanted to use."""

    name = "address_change"
    table = AddressChange
    label = lazy("New addresses that I gave")
    columns = {
        "email": lazy("E-mail"),
        "expires_at": lazy("Good until"),
        "used_at": lazy("Used"),
    }

    def erase(self, whose: Whose) -> Erased:
        return self.gone(whose)
