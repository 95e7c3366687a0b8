"""People followed by advisers, as GPS exports them."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class GpsAdvisers(Layout):
    """One line a person and adviser, with the agency's code. Its column of social-security numbers must be empty."""

    name = "gps-advisers"
    label = lazy("People followed by advisers (GPS)")
    marks = ("identifiant_gps", "identifiant_local", "code_agence")
    columns = {
        "last_name": ("nom",),
        "first_name": ("prenom",),
        "birth_date": ("date_de_naissance",),
        "agency_identifier": ("identifiant_local",),
        "agency": ("code_agence",),
        "adviser": ("mail_conseiller", "nom_conseiller"),
        "adviser_first_name": ("prenom_conseiller",),
    }
    besides = ("identifiant_gps", "kn_individu_national")
