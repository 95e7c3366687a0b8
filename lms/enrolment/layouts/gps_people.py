"""People whom GPS hands to France Travail."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class GpsPeople(Layout):
    """Two numbers of other systems stand beside the agency's identifier: neither tells who somebody is here."""

    name = "gps-people"
    label = lazy("People for France Travail (GPS)")
    marks = ("ID - emplois", "ID - FT", "Identifiant FT")
    columns = {
        "last_name": ("Nom",),
        "first_name": ("Prénom",),
        "birth_date": ("Date de naissance",),
        "agency_identifier": ("Identifiant FT",),
    }
    besides = ("ID - emplois", "ID - FT")
