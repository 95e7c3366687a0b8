"""Certificates of people who have completed a course: row, number, register, PDF with QR code and fonts, hash, file."""

from sqlalchemy import select

from benchmarks import floors, seed
from benchmarks.meter import Outcome
from benchmarks.places import Place
from config.settings import ROOT
from lms.certificates import document, queries, services
from lms.certificates.models import Certificate
from lms.core import db, jobs, pdf
from lms.core.db import Mode, session
from lms.enrolment.models import Enrolment

SIZE = 60
_FONTS = ROOT / "static" / "dist" / "fonts"


def run(place: Place, size: int) -> Outcome:
    """``size``: certificates, drawn by the worker's job. The floor draws the same pages, one after the other."""
    here = seed.ground(1)
    seed.crowd(here, size)
    cohort_id = seed.cohort(here, "Cohorte", 1)
    seed.learned(here, cohort_id, all_of_it=True)
    ids = _enrolments(here, cohort_id)
    _certify(place, here, ids[:2])  # an idle worker has its two processes for drawing
    rest = ids[2:] or ids
    with place.meter.measured() as house:
        _certify(place, here, rest)
    documents = _documents(here)
    _draw(documents[:1])
    with place.meter.measured() as floor:
        _draw(documents[-len(rest) :])
    return Outcome(house, floor.cpu, units=len(rest))


def _certify(place: Place, here: seed.Ground, enrolment_ids: list[int]) -> None:
    """Issue, then do the job of drawing as a worker does, with a worker's rights."""
    with db.transaction(tenant_id=here.tenant_id):
        made = services.issue(here.tenant_id, enrolment_ids)
    while run := jobs.claim("benchmarks"):
        run.run()
    with db.transaction(Mode.READ, here.tenant_id):
        if left := queries.undrawn(here.tenant_id, made):
            raise RuntimeError(f"{len(left)} certificates were not drawn")


def _enrolments(here: seed.Ground, cohort_id: int) -> list[int]:
    with db.transaction(Mode.READ, here.tenant_id):
        return list(session.scalars(select(Enrolment.id).where(Enrolment.cohort_id == cohort_id)))


def _documents(here: seed.Ground) -> list[pdf.Document]:
    """The pages as they were given to the house's own drawing."""
    with db.transaction(Mode.READ, here.tenant_id):
        rows = session.scalars(select(Certificate).where(Certificate.tenant_id == here.tenant_id))
        sheets = [services.sheet_of(row) for row in rows.all()]
    return [document._printable(sheet, document._density(sheet)) for sheet in sheets]


def _draw(documents: list[pdf.Document]) -> None:
    fonts = _FONTS / "kokoroe-regular.ttf", _FONTS / "kokoroe-bold.ttf"
    for one in documents:
        floors.drawn(one, fonts)
