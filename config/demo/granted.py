"""The demo's pool of places: a fund grants 300, each agency has a part of them, and the cohort of today uses its agency's."""

from collections.abc import Sequence
from datetime import date, timedelta

from lms.enrolment.models import Cohort
from lms.enrolment.services import places, pools
from lms.enrolment.services.pools import Terms
from lms.ledger.models import Unit
from lms.organisations.models import Organisation

_TOTAL, _REGION, _AGENCY = 300, 200, 80


def grant(
    root: Organisation, region: Organisation, agencies: Sequence[Organisation], cohort: Cohort, today: date
) -> None:
    """From the root to the region, from there to its agencies; the cohort's people take theirs."""
    begins = today - timedelta(days=60)
    terms = Terms(
        "Compétences numériques, convention FNC-2026-041", Unit.PLACE, _TOTAL, begins, today + timedelta(days=300),
        funder="Fonds Nord Compétences",
    )  # fmt: skip
    pool = pools.open_pool(root, terms)
    pools.move(pool, root, region, _REGION)
    for agency in agencies:
        pools.move(pool, region, agency, _AGENCY)
    places.bind(cohort, pool)
