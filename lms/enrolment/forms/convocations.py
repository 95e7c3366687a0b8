"""What is said when people are convoked."""

import re
import secrets

from flask_wtf import FlaskForm
from wtforms import BooleanField, Field, HiddenField
from wtforms.validators import ValidationError

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy


class ConvokeForm(FlaskForm):
    """Whether those who were convoked before are written to once more."""

    again = BooleanField(lazy("Send it once more to those who were convoked before"))
    #: Given with the page: the same form sent twice writes to nobody twice.
    once = HiddenField(default=lambda: secrets.token_hex(8))

    def validate_once(self, field: Field) -> None:
        """It goes into a key."""
        if not re.fullmatch(r"[0-9a-f]{16}", field.data or ""):
            raise ValidationError(_("Open the page again, then press the button."))
