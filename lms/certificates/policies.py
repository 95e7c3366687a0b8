"""Who may do what with certificates."""

from lms.certificates.models import Certificate
from lms.enrolment.models import Cohort
from lms.organisations.actor import ENROLLERS, Actor
from lms.organisations.models import Role


def may_see_certificate(_actor: Actor, _certificate: Certificate) -> bool:
    """Whoever has a certificate in sight opens it: the person who earned it, those who watch the cohort's organisation, and whoever follows them."""
    return True


def may_issue(actor: Actor, _cohort: Cohort) -> bool:
    """Those who enrol people may issue what is missing: administrators, HR managers, advisers."""
    return not actor.roles.isdisjoint(ENROLLERS)


def may_replace(actor: Actor, certificate: Certificate) -> bool:
    """Administrators alone replace a certificate by a corrected one, and not when its person was erased: nobody knows a name to correct any more."""
    return actor.is_any(Role.ADMIN) and certificate.set_aside_until is None


def may_revoke(actor: Actor, _certificate: Certificate) -> bool:
    """Administrators alone revoke a certificate: it no longer holds for anybody."""
    return actor.is_any(Role.ADMIN)
