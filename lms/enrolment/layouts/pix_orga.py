"""Participants, as one sends them to Pix Orga."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class PixOrga(Layout):
    """A star marks the columns that must be filled in. The student's number tells people apart."""

    name = "pix-orga"
    label = lazy("Participants for Pix Orga")
    marks = ("Premier prénom*", "Nom de famille*", "Date de naissance (jj/mm/aaaa)*")
    columns = {
        "last_name": ("Nom de famille*",),
        "first_name": ("Premier prénom*",),
        "birth_date": ("Date de naissance (jj/mm/aaaa)*",),
        "email": ("Email",),
        "hr_number": ("Numéro étudiant",),
    }
    besides = ("Nom d’usage", "Deuxième prénom", "Troisième prénom", "Groupe", "Régime")
