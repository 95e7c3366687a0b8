"""The ``progress`` workbook of one cohort, as a file: read me, summary, and a row for each person and course."""

from sqlalchemy import select

from benchmarks import floors, seed
from benchmarks.meter import Figures, Outcome, typical
from benchmarks.places import Place
from lms.certificates import services as certificates
from lms.core import bulk, db
from lms.core.db import AnySelect, Mode, session
from lms.enrolment.models import Enrolment
from lms.organisations.models import Organisation
from lms.reports import services
from lms.reports.scope import Asker

SIZE = 10_000
_COURSES = 5
_ROUNDS = 3


def run(place: Place, size: int) -> Outcome:
    """``size``: rows. The floor splices those of one SELECT into a sheet of the same columns and number formats."""
    here = seed.ground(_COURSES)
    tiny = seed.cohort(here, "Échauffement", _COURSES)
    seed.crowd(here, max(1, size // _COURSES))
    cohort_id = seed.cohort(here, "Cohorte", _COURSES)
    seed.learned(here, cohort_id)
    with db.transaction(tenant_id=here.tenant_id):
        certificates.issue_for(here.tenant_id, _completed(here, cohort_id))
    bulk.refresh_statistics()  # as the server's own housekeeping would have by now: the floor's plan is a guess without
    bare = place.bare(here.tenant_id)
    report = services.report_named("progress")
    assert report is not None
    ours: list[Figures] = []
    theirs: list[Figures] = []
    _write(place, here, tiny)  # an idle worker has its libraries in memory
    for _ in range(_ROUNDS if size <= SIZE else 1):
        with place.meter.measured() as floor:
            floors.workbook(bare, here.tenant_id, cohort_id, report.columns, place.folder / "floor.xlsx")
        theirs.append(floor)
        with place.meter.measured() as house:
            rows = _write(place, here, cohort_id)
        ours.append(house)
    bare.dispose()
    return Outcome(
        typical(ours),
        typical(theirs).cpu,
        units=rows,
        more={"floor_peak_mib": round(typical(theirs).peak_mib, 1)},
    )


def _write(place: Place, here: seed.Ground, cohort_id: int) -> int:
    """What ``flask reports run`` does; says how many rows there are."""
    with db.transaction(Mode.READ, here.tenant_id):
        agency = session.get_one(Organisation, here.agency_id)
        asker = Asker(here.tenant_id, 0, "", agency.id, agency.name, is_watcher=True, is_partner=False)
        scope = services.scope_for(asker, cohort_id=cohort_id)
    report = services.report_named("progress")
    assert report is not None
    with db.transaction(Mode.REPORT, here.tenant_id), (place.folder / "house.xlsx").open("w+b") as file:
        return services.write(report, scope, file, "xlsx").rows


def _completed(here: seed.Ground, cohort_id: int) -> AnySelect:
    mine = Enrolment.tenant_id == here.tenant_id, Enrolment.cohort_id == cohort_id
    return select(Enrolment.id).where(*mine, Enrolment.completed_at.is_not(None))
