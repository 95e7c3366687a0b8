"""What WTForms itself says of a field, in the house's words and the reader's language."""

from typing import Any

from flask_wtf import FlaskForm
from wtforms.meta import DefaultMeta

from lms.core.i18n import Lazy, lazy

_CHOOSE = lazy("Choose one of those that are offered.")
_SAID: dict[str, Lazy] = {
    "Not a valid date value.": lazy("Write a date that exists: day, month and year."),
    "Not a valid integer value.": lazy("Write a whole number."),
    "Not a valid choice.": _CHOOSE,
    "Invalid Choice: could not coerce.": _CHOOSE,
    "This field is required.": lazy("Fill in this field."),
}


class _Words:
    """What WTForms asks for its own sentences; it writes those of our validators as they are."""

    def gettext(self, said: str) -> str:
        """The sentence of ours for one of WTForms'."""
        return str(_SAID[said]) if said in _SAID else said

    def ngettext(self, one: str, many: str, number: int) -> str:
        """Ours name no numbers."""
        return one if number == 1 else many


def install() -> None:
    """Have every form speak so."""

    def of_the_house(_meta: Any, _form: Any) -> _Words:
        return _Words()

    FlaskForm.Meta.get_translations = of_the_house
    DefaultMeta.get_translations = of_the_house  # type: ignore[assignment,method-assign]  # the plain forms that kinds bring
