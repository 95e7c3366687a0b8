"""What people type about certificates."""

from flask_wtf import FlaskForm
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from lms.core.i18n import lazy

LARGEST = 5 * 1024 * 1024  #: bytes of a file to be checked


class VerifyForm(FlaskForm):
    """A code, or the file itself."""

    code = StringField(
        lazy("Code of the certificate"),
        description=lazy(
            "At the right of the certificate, under the square code. Four groups of four characters."
        ),
    )
    file = FileField(
        lazy("or the PDF file you received"),
        description=lazy("The file is compared, then erased. 5 MB at most."),
    )

    def validate(self, extra_validators: object = None) -> bool:
        """One of the two is needed."""
        if self.file.data or (self.code.data or "").strip():
            return True
        self.form_errors.append(lazy("Type the code of the certificate, or choose its PDF file."))
        return False


class RevokeForm(FlaskForm):
    """Why a certificate no longer holds."""

    reason = StringField(
        lazy("Reason of the revocation"),
        [
            InputRequired(lazy("Say why this certificate is revoked.")),
            Length(max=200, message=lazy("200 characters at most.")),
        ],
        description=lazy("For the journal: the public page says only that it is revoked, and since when."),
    )
