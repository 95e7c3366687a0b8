"""The empty file that we hand out: the columns we know, examples and explanations beside them."""

import io

from lms.core.i18n import gettext as _
from lms.core.i18n import lazy
from lms.core.tables import Column, template_xlsx, write_csv
from lms.enrolment.reading.columns import FIELDS, TEMPLATE

_EXAMPLES = (
    ("Benali", "Nadia", "nadia.benali@exemple.fr", "06 39 98 10 27", "14/07/1985", "59100", "3310987B", "",
     "en recherche d’emploi", "59021", "claire.morel@exemple.fr", "", "", "02/11/2026", "18/12/2026"),
    ("Caron", "Odile", "", "01 99 00 17 63", "03/01/1970", "01000", "", "M-1042", "en emploi", "", "", "", "", "", ""),
)  # fmt: skip
_EXPLAINED = {
    "last_name": lazy("Needed."),
    "first_name": lazy("Needed."),
    "email": lazy("Not needed: people without one get an access card."),
    "phone": lazy("Ten digits; with + and the country for other countries."),
    "birth_date": lazy("Day/month/year. It tells namesakes apart."),
    "postcode": lazy("Five digits, with the zero in front."),
    "agency_identifier": lazy("8 or 11 characters. It tells people apart best."),
    "hr_number": lazy("The employer’s number. It tells people apart as well."),
    "situation": lazy("Job seeker, employee, apprentice, self-employed or other."),
    "agency": lazy("SAFIR code or name of the agency."),
    "adviser": lazy("Address or name of the adviser, or of the manager."),
    "session_number": lazy("Number of the Carif session, if there is one."),
    "action_number": lazy("Number of the action, if there is one."),
    "enters_on": lazy("First day."),
    "leaves_on": lazy("Last day planned."),
}


def _columns() -> list[Column]:
    return [Column(name, str(FIELDS[name][0]), width=20) for name in TEMPLATE]


def xlsx() -> bytes:
    """The workbook, every column as text, so that no zero in front is lost."""
    notes = [(_("Only the last name and the first name are needed."), "")]
    notes += [(str(FIELDS[name][0]), str(_EXPLAINED[name])) for name in TEMPLATE]
    return template_xlsx(_columns(), _EXAMPLES, notes)


def csv() -> bytes:
    """The same as CSV: a line of names of columns."""
    out = io.BytesIO()
    write_csv(out, _columns(), [])
    return out.getvalue()
