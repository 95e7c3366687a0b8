"""Whose provider somebody is looking for."""

from flask_wtf import FlaskForm
from wtforms import StringField
from wtforms.validators import InputRequired

from lms.core.i18n import lazy
from lms.sso.forms.provider import short


class WhoForm(FlaskForm):
    """Whose provider somebody is looking for."""

    who = StringField(
        lazy("Your work e-mail address, or the short name of your organisation"),
        [
            InputRequired(lazy("Write your work e-mail address, or the short name of your organisation.")),
            short(200),
        ],
        description=lazy("For example: camille.roux@region-nord.fr, or region-nord."),
        render_kw={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"},
    )
