"""``flask enrolment import``: new people from a CSV file, checked line by line, into a cohort and onto its course."""

import json
from collections.abc import Mapping
from pathlib import Path
from random import Random

from sqlalchemy import select

from benchmarks import floors, seed
from benchmarks.meter import Figures, Outcome, typical
from benchmarks.places import Place
from config.demo.names import FIRST, LAST
from lms.core import db
from lms.core.clock import now
from lms.core.db import session
from lms.enrolment.models import Batch, BatchKind

SIZE = 2_000
_ROUNDS = 3
_HEADER = "Nom;Prénom;E-mail;Téléphone;Date de naissance;Code postal;Identifiant France Travail;Code agence"


def run(place: Place, size: int) -> Outcome:
    """``size``: lines. The floor believes the same file and writes the same rows."""
    here = seed.ground(1)
    bare = place.bare(here.tenant_id)
    _import(place, here, _file(place.folder, 0, 20), "Échauffement")
    ours: list[Figures] = []
    theirs: list[Figures] = []
    for n in range(1, 1 + (_ROUNDS if size <= SIZE else 1)):
        file, where, at = _file(place.folder, n, size), _receipt(here, f"Sol {n}"), now()
        said = at.replace(tzinfo=None).isoformat(" ") if place.is_sqlite else at
        with place.meter.measured() as floor:
            floors.imported(bare, file, where, said)
        theirs.append(floor)
        file = _file(place.folder, n + 100, size)
        with place.meter.measured() as house:
            report = _import(place, here, file, f"Cohorte {n}")
        if report["imported"] != size:
            raise RuntimeError(f"{report['imported']} of {size} lines were imported")
        ours.append(house)
    bare.dispose()
    return Outcome(typical(ours), typical(theirs).cpu, units=size)


def _import(place: Place, here: seed.Ground, file: Path, cohort: str) -> Mapping[str, object]:
    command = ["enrolment", "import", str(file), "--organisation", here.agency, "--cohort", cohort]
    done = place.app.test_cli_runner().invoke(args=[*command, "--course", here.course, "--json"])
    if done.exit_code:
        raise RuntimeError(done.output) from done.exception
    report: Mapping[str, object] = json.loads(done.stdout)
    return report


def _receipt(here: seed.Ground, name: str) -> dict[str, int]:
    cohort_id = seed.cohort(here, name, 1, with_people=False)
    with db.transaction(tenant_id=here.tenant_id):
        batch = Batch(
            tenant_id=here.tenant_id,
            organisation_id=here.agency_id,
            cohort_id=cohort_id,
            kind=BatchKind.IMPORT,
        )
        session.add(batch)
        session.flush()
        number = session.scalars(select(Batch.id).where(Batch.id == batch.id)).one()
    return {
        "tenant_id": here.tenant_id, "cohort_id": cohort_id, "batch_id": number, "agency_id": here.agency_id
    }  # fmt: skip


def _file(folder: Path, seed_: int, size: int) -> Path:
    """People nobody knows, as an agency's information system exports them."""
    chance, file = Random(seed_), folder / f"gens-{seed_}.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        print(_HEADER, file=out)
        for n in range(size):
            first, last = chance.choice(FIRST), chance.choice(LAST)
            day, month, year = chance.randrange(1, 29), chance.randrange(1, 13), chance.randrange(1961, 2004)
            email = f"p{seed_}.{n}@exemple.fr" if n % 3 else ""
            print(
                f"{last.upper()};{first};{email};063998{n % 10_000:04d};{day:02d}/{month:02d}/{year};59100;"
                f"{seed_:03d}{n:07d}K;99001",
                file=out,
            )
    return file
