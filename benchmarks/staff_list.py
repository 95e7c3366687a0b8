"""The lists that staff open in the morning: the people of an agency, and a cohort of all of them. The dearer counts."""

from benchmarks import floors, seed, visits
from benchmarks.meter import Outcome
from benchmarks.places import Place
from lms.core import db

SIZE = 28_000
_MOST = 20  #: requests of each page
_ROWS = 50  #: names that the floor's page shows


def run(place: Place, size: int) -> Outcome:
    """``size``: people of the agency, all in one cohort."""
    here, requests = seed.ground(1), min(size, _MOST)
    seed.crowd(here, size)
    cohort_id = seed.cohort(here, "Cohorte", 1)
    with db.transaction(tenant_id=here.tenant_id):
        cookie = seed.cookie(place.app, here, here.adviser_account)
    cookie, _html = seed.settled(place.app, cookie, "/people")
    bare = place.bare(here.tenant_id)
    floor = floors.page(bare, here.tenant_id, _ROWS), [visits.page("/bare")] * requests
    found = []
    for path in ("/people", "/people?page=2", f"/cohorts/{cohort_id}", f"/cohorts/{cohort_id}?page=2"):
        house, least = visits.compared(
            place.meter, (place.app, [visits.page(path, cookie)] * requests), floor
        )
        found.append(
            Outcome(
                house,
                least,
                units=requests,
                requests=requests,
                more={"page": path.replace(str(cohort_id), "N")},
            )
        )
    bare.dispose()
    return max(found, key=lambda one: one.house.own)
