"""Staff, as the HR information systems of companies export them."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class Payroll(Layout):
    """The establishment is the unit; the manager's address, or name, tells who follows the person."""

    name = "payroll"
    label = lazy("Staff from an HR information system")
    marks = ("Matricule", "Nom", "Prénom", "Établissement")
    columns = {
        "last_name": ("Nom",),
        "first_name": ("Prénom",),
        "hr_number": ("Matricule",),
        "email": (
            "Email professionnel",
            "E-mail professionnel",
            "Mail professionnel",
            "Courriel professionnel",
            "Email",
        ),
        "agency": ("Établissement",),
        "siret": ("SIRET",),
        "adviser": ("Mail manager", "Email manager", "Manager"),
    }
    #: When somebody joined the company is not when the training begins.
    besides = ("Date d’entrée", "Contrat", "CSP", "Sexe", "Service")
