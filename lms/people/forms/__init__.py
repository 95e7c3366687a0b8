"""What may be typed about people, accounts and cards."""

import re

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    EmailField,
    Field,
    PasswordField,
    SelectField,
    StringField,
    TelField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from lms.core.i18n import LANGUAGES, lazy
from lms.core.i18n import gettext as _

_SECRET = {"autocomplete": "current-password", "autocapitalize": "none", "spellcheck": "false"}
_NEW_SECRET = {"autocomplete": "new-password", "autocapitalize": "none", "spellcheck": "false"}


def short(most: int = 200) -> Length:
    """At most so many characters."""
    return Length(max=most, message=lazy("This is too long."))


_DIGITS = {"inputmode": "numeric", "autocomplete": "off"}


class Typed(FlaskForm):
    """A form that says what was typed as text, never None."""

    def said(self, name: str) -> str:
        """What was typed in the field of this name."""
        return str(self[name].data or "")


class SignInForm(Typed):
    """Login and password."""

    login = StringField(
        lazy("Login or e-mail"),
        [InputRequired(lazy("Write your login or your e-mail address.")), short()],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )
    password = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Write your password.")), short()],
        description=lazy("You can paste it, or let your telephone fill it in."),
        render_kw=_SECRET,
    )
    shared = BooleanField(lazy("This is a shared computer"))


class WordsForm(Typed):
    """The six words of a card, or its number."""

    words = StringField(
        lazy("The six words, or the number of the card"),
        [InputRequired(lazy("Write the six words of your card, or its number.")), short(400)],
        description=lazy(
            "For example: pencil apple snow lamp river garden. Capitals and accents do not matter."
        ),
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )


class CardCodeForm(Typed):
    """The number of a card and the 6-digit code that goes with it."""

    number = StringField(
        lazy("Number of the card"),
        [InputRequired(lazy("Write the number of your card: 8 digits.")), short(40)],
        description=lazy("8 digits, at the bottom of the card."),
        render_kw=_DIGITS,
    )
    code = PasswordField(
        lazy("Your 6-digit code"),
        [InputRequired(lazy("Write your 6-digit code.")), short(40)],
        description=lazy("You chose it the first time."),
        render_kw={"inputmode": "numeric", "autocomplete": "current-password"},
    )
    shared = BooleanField(lazy("This is a shared computer"))


class NewCodeForm(Typed):
    """A 6-digit code, twice."""

    code = PasswordField(
        lazy("Choose 6 digits"),
        [InputRequired(lazy("Choose 6 digits."))],
        description=lazy("Neither 123456 nor your date of birth."),
        render_kw={"inputmode": "numeric", "autocomplete": "new-password", "maxlength": "6"},
    )
    again = PasswordField(
        lazy("The same 6 digits, once more"),
        [InputRequired(lazy("Write the same 6 digits once more."))],
        render_kw={"inputmode": "numeric", "autocomplete": "new-password", "maxlength": "6"},
    )

    def validate_again(self, field: Field) -> None:
        """Both must be the same."""
        if field.data != self.code.data:
            raise ValidationError(_("These are not the same 6 digits as above."))


class FirstCodeForm(NewCodeForm):
    """The first code, chosen where the six words were typed."""

    shared = BooleanField(lazy("This is a shared computer"))


class ChangeCodeForm(NewCodeForm):
    """The code in use, then a new one, twice."""

    current = PasswordField(
        lazy("Your code today"),
        [InputRequired(lazy("Write the code you use today."))],
        render_kw={"inputmode": "numeric", "autocomplete": "current-password"},
    )


class ForgottenForm(Typed):
    """Whose password was forgotten."""

    login = StringField(
        lazy("Login or e-mail"),
        [InputRequired(lazy("Write your login or your e-mail address.")), short()],
        render_kw={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"},
    )


class NewPasswordForm(Typed):
    """A password, twice."""

    password = PasswordField(
        lazy("New password"),
        [InputRequired(lazy("Write a new password."))],
        description=lazy(
            "At least 12 characters. Three or four words that do not go together are easy to remember."
        ),
        render_kw=_NEW_SECRET,
    )
    again = PasswordField(
        lazy("The same password, once more"),
        [InputRequired(lazy("Write the same password once more."))],
        render_kw=_NEW_SECRET,
    )

    def validate_again(self, field: Field) -> None:
        """Both must be the same."""
        if field.data != self.password.data:
            raise ValidationError(_("This is not the same password as above."))


class ChangePasswordForm(NewPasswordForm):
    """The password in use, then a new one, twice."""

    current = PasswordField(
        lazy("Your password today"),
        [InputRequired(lazy("Write the password you use today."))],
        render_kw=_SECRET,
    )


class NamesForm(Typed):
    """Names, and a telephone."""

    first_name = StringField(lazy("First name"), [InputRequired(lazy("Write the first name.")), short(100)])
    last_name = StringField(lazy("Last name"), [InputRequired(lazy("Write the last name.")), short(100)])
    phone = TelField(lazy("Telephone"), [Optional()], description=lazy("For example: 06 39 98 12 34"))

    def validate_first_name(self, field: Field) -> None:
        """Letters, at least one, and no digit."""
        _check_name(field)

    def validate_last_name(self, field: Field) -> None:
        """Letters, at least one, and no digit."""
        _check_name(field)

    def validate_phone(self, field: Field) -> None:
        """Enough digits to be called."""
        digits = re.sub(r"\D", "", field.data or "")
        if not 9 <= len(digits) <= 15 or re.search(r"[^\d\s.()+/-]", field.data or ""):
            raise ValidationError(_("A telephone number has 10 digits, for example 06 39 98 12 34."))

    @property
    def names(self) -> dict[str, str]:
        """What was typed, without what surrounds it; the telephone as digits."""
        phone = re.sub(r"[^\d+]", "", self.phone.data or "")
        return {
            "first_name": " ".join((self.first_name.data or "").split()),
            "last_name": " ".join((self.last_name.data or "").split()),
            "phone": phone,
        }


class NewcomerForm(NewPasswordForm):
    """Somebody who is invited and has no account: names, then a password, twice."""

    first_name = StringField(
        lazy("First name"),
        [InputRequired(lazy("Write your first name.")), short(100)],
        render_kw={"autocomplete": "given-name"},
    )
    last_name = StringField(
        lazy("Last name"),
        [InputRequired(lazy("Write your last name.")), short(100)],
        render_kw={"autocomplete": "family-name"},
    )

    def validate_first_name(self, field: Field) -> None:
        """Letters, at least one, and no digit."""
        _check_name(field)

    def validate_last_name(self, field: Field) -> None:
        """Letters, at least one, and no digit."""
        _check_name(field)

    @property
    def names(self) -> tuple[str, str]:
        """First and last name, without what surrounds them."""
        return " ".join(self.said("first_name").split()), " ".join(self.said("last_name").split())


class EmailForm(Typed):
    """A new address."""

    email = EmailField(
        lazy("New e-mail address"),
        [InputRequired(lazy("Write the new address.")), short()],
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_email(self, field: Field) -> None:
        """One at-sign, and a domain with a dot."""
        check_email(field)

    @property
    def address(self) -> str:
        """What was typed, in lower case."""
        return self.said("email").strip().casefold()


class LanguageForm(Typed):
    """The language of pages and mails."""

    language = SelectField(
        lazy("Language"), choices=[SelectChoice("fr", "Français"), SelectChoice("en", "English")]
    )

    def validate_language(self, field: Field) -> None:
        """One of ours."""
        if field.data not in LANGUAGES:
            raise ValidationError(_("Choose one of these languages."))


def _check_name(field: Field) -> None:
    text = field.data or ""
    if re.search(r"[\d<>@{}\x00-\x1f]", text) or not re.search(r"[^\W\d_]", text):
        raise ValidationError(_("A name is written in letters."))


def check_email(field: Field) -> None:
    """One at-sign, and a domain with a dot. Raises ``ValidationError``."""
    if not re.fullmatch(r"[^@\s,;<>()]+@[^@\s,;<>()]+\.[^@\s.,;<>()]{2,}", (field.data or "").strip()):
        raise ValidationError(_("This address is not complete. For example: nadia.benali@exemple.fr"))
