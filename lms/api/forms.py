"""What may be typed about tokens."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from lms.api.services import LONGEST_NAME
from lms.core.i18n import lazy


class TokenForm(FlaskForm):
    """A new token."""

    name = StringField(
        lazy("Name of the system"),
        [
            DataRequired(lazy("Name the system that will use the token.")),
            Length(max=LONGEST_NAME, message=lazy("This is too long.")),
        ],
        description=lazy("For example: Entra. You will know by it which token to revoke."),
    )
