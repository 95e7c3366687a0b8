"""What roles and kinds of organisation are called on the screen. Never gendered."""

from lms.core.i18n import lazy
from lms.organisations.models import OrganisationKind, Role

_ROLES = {
    Role.ADMIN: lazy("Administration"),
    Role.HR_MANAGER: lazy("Human resources"),
    Role.MANAGER: lazy("Team management"),
    Role.ADVISER: lazy("Guidance of learners"),
    Role.TRAINER: lazy("Teaching"),
    Role.MEDIATOR: lazy("Digital mediation"),
    Role.PARTNER: lazy("Partner"),
    Role.AUDITOR: lazy("Audit"),
    Role.LEARNER: lazy("Course participant"),
}
_KINDS = {
    OrganisationKind.AGENCY: lazy("Employment agency"),
    OrganisationKind.COMPANY: lazy("Company"),
    OrganisationKind.ASSOCIATION: lazy("Association"),
    OrganisationKind.TRAINING_BODY: lazy("Training body"),
    OrganisationKind.FUNDER: lazy("Funder"),
}


def role_name(role: Role) -> str:
    """The role, in the reader's language."""
    return str(_ROLES[role])


def kind_name(kind: OrganisationKind) -> str:
    """The kind of organisation, in the reader's language."""
    return str(_KINDS[kind])
