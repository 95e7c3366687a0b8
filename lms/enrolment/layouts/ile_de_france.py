"""Trainees, as the Île-de-France region sends them."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class IleDeFrance(Layout):
    """``;`` between cells, days first. Postcode and town are those of the site, never the person's."""

    name = "ile-de-france"
    label = lazy("Trainees of the Île-de-France region")
    marks = ("Identifiant Stagiaire", "Individu.Nom", "Site.Nom")
    columns = {
        "last_name": ("Individu.Nom",),
        "first_name": ("Individu.Prénom", "Prénom"),
        "email": ("Individu.Mail", "Mail"),
        "phone": ("Tel Portable",),
        "siret": ("SIRET",),
        "action_number": ("Numéro Action",),
        "session_number": ("Id Session DOKELIO",),
        "enters_on": ("Date Entree",),
        "leaves_on": ("Date Sortie Prevue",),
    }
    #: ``Identifiant Stagiaire`` numbers a stay with the region, not a job seeker with the agency.
    besides = (
        "Code Postal",
        "Ville",
        "Date Sortie",
        "Identifiant Stagiaire",
        "Identifiant Composante",
        "Raison Sociale",
    )
