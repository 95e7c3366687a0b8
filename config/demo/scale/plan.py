"""What a customer of a scale consists of: agencies, their cohorts, and the slices in which they are written.

The same scale and size give the same plan each time, so that a load that was stopped goes on where it was.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import cycle

from config.demo.scale.places import QUARTERS, REGIONS, Region

SLICE = 1_000  #: learners that are written in one transaction, at most; one cohort at least
_PER_AGENCY = 3_750  #: learners, on average
_LARGEST = 1_200  #: agencies that the map has names for
_USUAL = 34  #: people of a cohort
_CROWDED = 0.05  #: of the cohorts are several times as large as others
_MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
#: Who pays, under which scheme, and how often. ``{}``: the region.
_FUNDING = (
    ("Emploi Demain", "AFC", 30), ("Emploi Demain", "AIF", 14), ("Région {}", "PRF", 20), ("Région {}", "PRIC", 12),
    ("Fonds national Compétences", "POEC", 9), ("Fonds national Compétences", "Plan de développement des compétences", 8),
    ("Moncompte Formation", "CPF", 7),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scale:
    """A customer to be made. ``slug``: of its root; ``learners``: how many people learn."""

    slug: str
    name: str
    learners: int


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """A cohort that is to be. ``courses``: how many of the three its path has; ``first``: number of its first learner."""

    name: str
    size: int
    first: int
    starts_on: date
    due_on: date
    courses: int
    funder: str
    scheme: str
    agreement: str


@dataclass(frozen=True, slots=True)
class Agency:
    """An agency that is to be. ``number``: from 1, the largest first; ``first``: number of its first learner."""

    number: int
    name: str
    town: str
    postcode: str
    region: Region
    learners: int
    first: int

    @property
    def safir(self) -> str:
        """Five digits, as agencies have them."""
        return f"{10_000 + self.number * 17 % 89_989:05d}"

    @property
    def advisers(self) -> int:
        """How many people follow its learners."""
        return max(2, round(self.learners / 160))


def scale(name: str, learners: int = 0) -> Scale:
    """The scale of this name, with its own size or another. Raises ``KeyError``."""
    usual, label = {"agency": (50_000, "Emploi Demain Territoires"), "national": (3_400_000, "Emploi Demain National")}[name]  # fmt: skip
    size = learners or usual
    slug = f"demo-{name}" if size == usual else f"demo-{name}-{size}"
    return Scale(slug, label, size)


def agencies(wanted: Scale) -> list[Agency]:
    """All of them, the largest first: a few large ones, many small. Their learners add up to those of the scale."""
    number = min(_LARGEST, max(6, round(wanted.learners / _PER_AGENCY)))
    weights = [(rank + number / 90) ** -0.6 for rank in range(1, number + 1)]
    whole, found, first = sum(weights), [], 0
    for n, (place, weight) in enumerate(zip(_places(), weights, strict=False), 1):
        region, town, postcode, quarter = place
        last = n == number
        learners = wanted.learners - first if last else round(wanted.learners * weight / whole)
        found.append(Agency(n, f"Agence {town} {quarter}", town, postcode, region, learners, first))
        first += learners
    return found


def slices(wanted: Scale, agency: Agency, today: date) -> Iterator[list[CohortPlan]]:
    """The cohorts of an agency, so many at a time as are written together. ``today``: the day of the first load."""
    some: list[CohortPlan] = []
    for one in _sessions(wanted, agency, today):
        if some and sum(other.size for other in some) + one.size > SLICE:
            yield some
            some = []
        some.append(one)
    if some:
        yield some


def _places() -> Iterator[tuple[Region, str, str, str]]:
    """Towns of all regions by turns, then their second agencies, and so on."""
    deepest = max(len(region.towns) for region in REGIONS)
    for quarter in QUARTERS:
        for depth in range(deepest):
            for region in REGIONS:
                if depth < len(region.towns):
                    yield (region, *region.towns[depth], quarter)


def _sessions(wanted: Scale, agency: Agency, today: date) -> Iterator[CohortPlan]:
    chance = random.Random(f"{wanted.slug}/{agency.number}")  # invented dates  # nosec B311
    left, first, seen = agency.learners, agency.first, dict[str, int]()
    usual = min(_USUAL, max(12, wanted.learners // 250))  # few people still make many cohorts
    for starts_on in _starts(chance, today):
        crowded = 4 if chance.random() < _CROWDED else 1
        size = min(left, max(3, round(chance.lognormvariate(0, 0.5) * usual * 0.8 * crowded)))
        if left - size < 3:
            size = left
        courses = chance.choices((3, 2, 1), (96, 2, 2))[0]
        name = f"{_title(courses)}, {_MONTHS[starts_on.month - 1]} {starts_on.year}"
        seen[name] = seen.get(name, 0) + 1
        funder, scheme = _funding(chance, agency.region)
        yield CohortPlan(
            name if seen[name] == 1 else f"{name}, groupe {seen[name]}",
            size,
            first,
            starts_on,
            starts_on + timedelta(weeks=chance.choice((6, 8, 8, 10, 12))),
            courses,
            funder,
            scheme,
            f"{scheme[:4].strip().upper()}-{starts_on.year}-{agency.number:04d}",
        )
        left, first = left - size, first + size
        if not left:
            return


def _starts(chance: random.Random, today: date) -> Iterator[date]:
    """First days over two years and a few days ahead: Mondays mostly, never a week-end, seldom in August."""
    for _turn in cycle((0,)):
        day = today + timedelta(days=chance.randrange(-730, 18))
        if day.month == 8 and chance.random() < 0.7:
            continue
        yield day - timedelta(days=day.weekday()) + timedelta(days=chance.choice((0, 0, 0, 1, 1, 2, 3, 4)))


def _title(courses: int) -> str:
    return {3: "Le numérique au quotidien", 2: "Courriel et sécurité", 1: "Premiers pas avec le courriel"}[
        courses
    ]


def _funding(chance: random.Random, region: Region) -> tuple[str, str]:
    funder, scheme, _weight = chance.choices(_FUNDING, [weight for *_names, weight in _FUNDING])[0]
    return funder.format(region.name), scheme
