"""What may be typed, or answered by a device, to show who one is."""

from wtforms import BooleanField, HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired, Length

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.people.forms import Typed
from lms.people.queries import Factors

_SECRET = {"autocomplete": "current-password", "autocapitalize": "none", "spellcheck": "false"}


def _short(most: int = 200) -> Length:
    return Length(max=most, message=lazy("This is too long."))


_ONE_TIME = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "none",
    "spellcheck": "false",
}


class SecondForm(Typed):
    """A code of an app, or a recovery code."""

    code = StringField(
        lazy("Code of your app"),
        [InputRequired(lazy("Write the 6 digits that your app shows, or a recovery code.")), _short(40)],
        description=lazy("6 digits. Telephone lost? Write one of your recovery codes."),
        render_kw=_ONE_TIME | {"inputmode": "text"},
    )


class AppForm(Typed):
    """The first code of an app that is being tied to an account."""

    sealed = HiddenField()
    code = StringField(
        lazy("The 6 digits that the app shows now"),
        [InputRequired(lazy("Write the 6 digits that your app shows.")), _short(40)],
        render_kw=_ONE_TIME,
    )


class AnswerForm(Typed):
    """What a passkey answered; a script fills it in."""

    answer = HiddenField(
        validators=[
            InputRequired(lazy("Your device did not answer. A passkey needs JavaScript.")),
            _short(20_000),
        ]
    )
    shared = BooleanField(lazy("This is a shared computer"))


class PasskeyNameForm(Typed):
    """What somebody calls a passkey."""

    name = StringField(
        lazy("Name of this passkey"),
        [InputRequired(lazy("Give it a name, for example: my telephone.")), _short(60)],
        description=lazy("So that you recognise it in the list. For example: my telephone."),
    )


class PasskeyForm(PasskeyNameForm):
    """A passkey that a device has just made, and its name."""

    answer = HiddenField(
        validators=[
            InputRequired(lazy("Your device did not answer. A passkey needs JavaScript.")),
            _short(20_000),
        ]
    )


class ProofForm(Typed):
    """What somebody knows or has, once more: which, their account decides."""

    secret = PasswordField(
        lazy("Password"),
        [InputRequired(lazy("Write it, so that we know it is you.")), _short()],
        render_kw=_SECRET,
    )

    def ask(self, factors: Factors) -> None:
        """Name the field after what this account can show."""
        if factors.has_app:
            self.secret.label.text = _("Code of your app")
            self.secret.render_kw = _ONE_TIME | {"inputmode": "text"}
        elif not factors.has_password:
            self.secret.label.text = _("Your 6-digit code")
            self.secret.render_kw = _SECRET | {"inputmode": "numeric"}
