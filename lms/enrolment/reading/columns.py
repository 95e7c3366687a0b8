"""What we keep of a line, and the headers that bring it: compared without case, accents, spaces or punctuation."""

import re
from typing import Final

from lms.core.i18n import Lazy, lazy, sort_key

#: What we keep of a person, what people call it, and the headers under which files bring it. The first header that
#: is there wins. Files whose headers tell where they come from have a layout of their own (``lms.enrolment.layouts``).
FIELDS: Final[dict[str, tuple[Lazy, tuple[str, ...]]]] = {
    "last_name": (
        lazy("Last name"),
        (
            *("c_nomcorrespondance", "Individu.Nom", "Nom", "Nom de famille", "Nom d’usage", "Nom usuel"),
            *("Nom de naissance", "Nom du stagiaire", "Nom du participant", "Nom candidat", "Nom salarié"),
            *("Last name", "Surname", "Family name"),
        ),
    ),
    "first_name": (
        lazy("First name"),
        (
            *(
                "c_prenomcorrespondance",
                "Individu.Prénom",
                "Prénom",
                "Prénoms",
                "Premier prénom",
                "Prénom usuel",
            ),
            *("Prénom du stagiaire", "Prénom du participant", "Prénom candidat", "Prénom salarié"),
            *("First name", "Given name", "Forename"),
        ),
    ),
    "email": (
        lazy("E-mail"),
        (
            *(
                "c_adresseemail",
                "Individu.Mail",
                "Adresse e-mail",
                "Adresse mail",
                "Adresse électronique",
                "Courriel",
            ),
            *(
                "Mail",
                "Email",
                "E-mail",
                "Email professionnel",
                "Mail professionnel",
                "Courriel professionnel",
            ),
            *("Mail du stagiaire", "Email candidat", "E-mail address"),
        ),
    ),
    "email_is_valid": (lazy("Whether the e-mail is valid"), ("c_validitemail_id",)),
    "phone": (
        lazy("Phone"),
        (
            *("c_telephone1", "Tel Portable", "Téléphone portable", "Portable", "Mobile", "Téléphone", "Tel"),
            *(
                "Téléphone 1",
                "Numéro de téléphone",
                "N° de téléphone",
                "Téléphone mobile",
                "Phone",
                "Phone number",
            ),
        ),
    ),
    "second_phone": (
        lazy("Second phone"),
        ("c_telephone2", "Téléphone 2", "Téléphone fixe", "Tel fixe", "Fixe", "Autre téléphone"),
    ),
    "birth_date": (
        lazy("Date of birth"),
        (
            *(
                "Date de naissance",
                "Date de naissance jj/mm/aaaa",
                "Date naissance",
                "Né le",
                "Né(e) le",
                "Naissance",
            ),
            *("Birth date", "Date of birth"),
        ),
    ),
    "postcode": (lazy("Postcode"), ("Code postal", "CP", "Code postal de résidence", "Postcode", "Zip code")),
    "agency_identifier": (
        lazy("France Travail identifier"),
        (
            *(
                "c_individulocal",
                "Identifiant France Travail",
                "Identifiant Pôle emploi",
                "Identifiant DE",
                "ID DE",
            ),
            *(
                "N° DE",
                "Numéro DE",
                "No DE",
                "Identifiant FT",
                "ID FT",
                "Identifiant local",
                "Identifiant PE",
            ),
            *(
                "N° identifiant",
                "Numéro identifiant",
                "Numéro d’identifiant",
                "Identifiant",
                "France Travail identifier",
            ),
        ),
    ),
    "hr_number": (
        lazy("Staff number"),
        (
            *("Matricule", "Numéro de matricule", "N° matricule", "Matricule RH", "Identifiant RH", "ID RH"),
            *(
                "Numéro salarié",
                "N° salarié",
                "Identifiant salarié",
                "Staff number",
                "Employee number",
                "Employee ID",
            ),
        ),
    ),
    "situation": (
        lazy("Situation"),
        ("Situation", "Statut", "Situation professionnelle", "Statut professionnel", "Catégorie"),
    ),
    "agency": (
        lazy("Agency"),
        ("Agence", "Code agence", "SAFIR", "Code SAFIR", "ALE", "Agence de rattachement", "Agency"),
    ),
    "adviser": (
        lazy("Adviser"),
        (
            *(
                "Mail conseiller",
                "Email conseiller",
                "Courriel du conseiller",
                "Mail manager",
                "Email manager",
            ),
            *("Conseiller", "Conseillère", "Conseiller référent", "Référent", "Suivi par", "Nom conseiller"),
            *("Manager", "Responsable", "Adviser"),
        ),
    ),
    "adviser_first_name": (lazy("Adviser’s first name"), ("Prénom conseiller", "Prénom manager")),
    "siret": (
        lazy("Employer’s SIRET"),
        ("dc_siret", "SIRET", "Numéro SIRET", "N° SIRET", "SIRET employeur", "SIRET établissement"),
    ),
    "session_number": (
        lazy("Session number"),
        (
            *(
                "dc_numeroicsession",
                "Id Session DOKELIO",
                "Numéro de session",
                "N° session",
                "Numéro session",
            ),
            *("Numéro Carif session", "Numéro session Carif", "Session", "Session number"),
        ),
    ),
    "action_number": (
        lazy("Action number"),
        (
            *(
                "dc_numeroicaction",
                "Numéro Action",
                "N° action",
                "Numéro d’action",
                "Numéro de l’action",
                "Numéro Carif action",
            ),
            "Action number",
        ),
    ),
    "enters_on": (
        lazy("Start of training"),
        (
            *(
                "dd_datedebutplanformation",
                "Début de formation",
                "Date de début de formation",
                "Entrée en formation",
            ),
            *("Date d’entrée en formation", "Date de début", "Date début", "Start of training"),
        ),
    ),
    "leaves_on": (
        lazy("End of training"),
        (
            *(
                "dd_datefinplanformation",
                "Date Sortie Prévue",
                "Fin de formation",
                "Date de fin de formation",
            ),
            *("Date de fin prévue", "Date de fin", "Date fin", "End of training"),
        ),
    ),
    "funder": (lazy("Funder"), ("liste_financeur", "Financeur", "Financeurs", "Funder")),
    "scheme": (lazy("Scheme"), ("c_dispositifformation", "Dispositif", "Dispositif de formation", "Scheme")),
}
REQUIRED: Final = ("last_name", "first_name")
#: The file that we hand out, in its order.
TEMPLATE: Final = (
    *(
        "last_name",
        "first_name",
        "email",
        "phone",
        "birth_date",
        "postcode",
        "agency_identifier",
        "hr_number",
    ),
    *("situation", "agency", "adviser", "session_number", "action_number", "enters_on", "leaves_on"),
)
#: A social-security number by name.
_NIR: Final = re.compile(
    r"(n|no|num|numero|code|id|identifiant)?(nir|nss|numsecu|nsecu|numeross|noss|insee13)(ndeg)?"
    r"|.*(securitesociale|secusociale|numerodesecu|numsecu|socialsecurity).*"
)


def plain(header: str) -> str:
    """A header as it is compared: letters and digits only, without accents or case."""
    return re.sub(r"[^a-z0-9]", "", sort_key(header.replace("°", "").replace("º", "")))


def is_social_security(header: str) -> bool:
    """Whether a column says that it holds social-security numbers."""
    return bool(_NIR.fullmatch(plain(header)))
