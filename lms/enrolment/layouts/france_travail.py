"""Trainees, as France Travail sends them to training bodies."""

from lms.core.i18n import lazy
from lms.enrolment.layout import Layout


class FranceTravail(Layout):
    """``|`` between cells, ``NULL`` for nothing, dates with a clock; several funders in one cell (``4;7``)."""

    name = "france-travail"
    label = lazy("Trainees of France Travail")
    marks = ("c_nomcorrespondance", "c_prenomcorrespondance", "c_individulocal")
    columns = {
        "last_name": ("c_nomcorrespondance",),
        "first_name": ("c_prenomcorrespondance",),
        "email": ("c_adresseemail",),
        "email_is_valid": ("c_validitemail_id",),
        "phone": ("c_telephone1",),
        "second_phone": ("c_telephone2",),
        "agency_identifier": ("c_individulocal",),
        "siret": ("dc_siret",),
        "session_number": ("dc_numeroicsession",),
        "action_number": ("dc_numeroicaction",),
        "enters_on": ("dd_datedebutplanformation",),
        "leaves_on": ("dd_datefinplanformation",),
        "funder": ("liste_financeur",),
        "scheme": ("c_dispositifformation",),
    }
    #: The place where the training is held is not where the person lives.
    besides = (
        "dc_cp_lieuformation",
        "dn_individu_national",
        "dn_session_id",
        "departement",
        "dc_siretorganismeformateur",
    )
