"""The certificate as a document: its words, its page for the screen, its PDF. All three come from the same frozen facts.

It is worded in the language of the organisation that issues it, whoever reads it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from itertools import pairwise
from typing import Any

from babel import numbers
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from config import settings
from lms.certificates import style
from lms.core import i18n, pdf, qr
from lms.core.i18n import gettext as _
from lms.core.i18n import ngettext
from lms.people.models import Situation

OBJECTIVES_LENGTH = 200  #: characters of the objectives that one page has room for
_LEAST = 36  #: seconds that are worth a hundredth of an hour
FEW = 6  #: statements that leave room
DENSER = ("", "tight", "tighter")  #: classes that take less room, tried in turn
_PAGE = re.compile(rb"/Type\s*/Page\b")
_CITY = re.compile(r"\b\d{5}\s+([^,;.]+)")


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is needed to print a certificate: its numbers and its facts, no row of the database."""

    certificate_id: int
    number: str
    code: str
    facts: dict[str, Any]

    @property
    def language(self) -> str:
        """The language of the document."""
        return str(self.facts["issuer"].get("language") or "fr")

    @property
    def url(self) -> str:
        """Where the QR code leads."""
        return f"{settings.current().base_url}/certificates/verify/{self.code}"


def title(sheet: Sheet) -> str:
    """The heading of the document, in its language."""
    with _speaking(sheet):
        return _("Certificate of completion")


def to_html(sheet: Sheet) -> Markup:
    """The document as a part of a page, with its QR code drawn in it."""
    return _filled("certificates/_document.html", sheet, qr.qr_svg(sheet.url))


def to_pdfs(sheets: Sequence[Sheet]) -> list[bytes]:
    """The originals: an A4 page each, with its code written in the file so that damage leaves it legible.

    Long names and titles take room: whatever runs over its page is drawn again, closer.
    """
    drawn = dict(enumerate(pdf.render_many(_printable(sheet, _density(sheet)) for sheet in sheets)))
    for density in DENSER:
        over = [n for n, one in drawn.items() if len(_PAGE.findall(one)) > 1]
        drawn.update(zip(over, pdf.render_many(_printable(sheets[n], density) for n in over), strict=True))
    return [pdf.stamp(drawn[n], sheet.code) for n, sheet in enumerate(sheets)]


def _printable(sheet: Sheet, density: str) -> pdf.Document:
    picture = Markup('<img src="qr.png" width="96" height="96" alt="">')
    html = _filled("certificates/_pdf.html", sheet, picture, density)
    images = {"qr.png": qr.qr_png(sheet.url)}
    return pdf.Document(html, f"{title(sheet)} {sheet.number}", sheet.language, images, [sheet.code])


def _density(sheet: Sheet) -> str:
    """A certificate that states little fills its page all the same."""
    return "" if sheet.facts["issuer"]["nda"] or len(lines(sheet.facts)) > FEW else "roomy"


def hours(minutes: float) -> str:
    """A duration in hours and hundredths, as funders ask: ``7,50 heures``."""
    number = numbers.format_decimal(minutes / 60, "#,##0.00", locale=i18n.language()).replace(
        "\u202f", "\u00a0"
    )
    return ngettext("%(hours)s hour", "%(hours)s hours", int(minutes / 60), hours=number)


def lines(facts: dict[str, Any]) -> list[tuple[str, str]]:
    """What the document states, label and value, in the language spoken now; what is not known is left out."""
    first, last = (datetime.fromisoformat(facts[name]) for name in ("started_at", "completed_at"))
    planned, measured = hours(facts["minutes"]), hours(facts["seconds"] / 60)
    said = [
        (_("Situation"), _situation(facts)),
        (_("Kind of action"), _("training course, at a distance")),
        (_("Dates"), _dates(first, last)),
        (_("Duration"), _("%(planned)s (estimated mean duration)", planned=planned)),
        (_("Activity measured"), measured if facts["seconds"] >= _LEAST else ""),
        (_("Assessment"), "" if facts["score"] is None else _("%(score)s out of 100", score=facts["score"])),
        (_("Agreement"), facts["agreement"]),
        (_("Objectives"), _whole(facts["objectives"], OBJECTIVES_LENGTH)),
    ]
    return [(label, value) for label, value in said if value]


def _filled(template: str, sheet: Sheet, picture: Markup, density: str | None = None) -> Markup:
    """``density``: of the letters on paper; ``None`` on the screen."""
    with _speaking(sheet):
        values = _values(sheet, picture) | {"on_paper": density is not None}
        style_of = partial(style.on_paper, density or "")
        return Markup(_templates().get_template(template).render(values, style=style_of))  # escaped  # nosec B704


def _values(sheet: Sheet, picture: Markup) -> dict[str, Any]:
    facts, issuer = sheet.facts, sheet.facts["issuer"]
    name = f"{facts['first_name']} {facts['last_name'].upper()}".strip()
    signed = ", ".join(part for part in (issuer["signatory"], issuer["signatory_role"]) if part)
    return {
        "heading": _("Certificate of completion"),
        "language": sheet.language,
        "number": sheet.number,
        "code": sheet.code,
        "issuer": issuer,
        "siret": _spaced(issuer["siret"], 3, 3, 3, 5),
        "nda": _spaced(issuer["nda"], 2, 2, 5, 2),
        "name": name,
        "name_size": _size(name, (26, "xl"), (40, "l"), (64, "m")),
        "course": facts["course"],
        "course_size": _size(facts["course"], (44, "xl"), (70, "l"), (110, "m")),
        "lines": lines(facts),
        "done_at": _done_at(issuer["address"], facts["issued_on"]),
        "signed": signed,
        "host": sheet.url.split("//", 1)[1].removesuffix(f"/certificates/verify/{sheet.code}"),
        "picture": picture,
    }


def _speaking(sheet: Sheet) -> Any:
    return i18n.speaking_to(sheet.language, sheet.facts["issuer"].get("zone") or "Europe/Paris")


def _situation(facts: dict[str, Any]) -> str:
    employer = facts["employer"]
    if employer.get("name"):
        siret = _spaced(employer.get("siret", ""), 3, 3, 3, 5)
        return f"{employer['name']} (SIRET\u00a0{siret})" if siret else str(employer["name"])
    words = {
        Situation.JOB_SEEKER: _("looking for a job"),
        Situation.EMPLOYEE: _("employed"),
        Situation.APPRENTICE: _("in apprenticeship"),
        Situation.SELF_EMPLOYED: _("self-employed"),
    }
    return words.get(facts["situation"], "")


def _dates(first: datetime, last: datetime) -> str:
    start, end = i18n.day(first), i18n.day(last)
    return _("on %(day)s", day=end) if start == end else _("from %(start)s to %(end)s", start=start, end=end)


def _done_at(address: str, issued_on: str) -> str:
    city, day = _CITY.search(address), i18n.day(datetime.fromisoformat(issued_on).date())
    if city:
        return _("Done at %(city)s, on %(day)s", city=city.group(1).strip(), day=day)
    return _("Done on %(day)s", day=day)


def _spaced(digits: str, *groups: int) -> str:
    """Digits in the groups in which people read them; anything else as it is."""
    if not digits.isdigit() or len(digits) != sum(groups):
        return digits
    cut = [sum(groups[:n]) for n in range(len(groups) + 1)]
    return "\u00a0".join(digits[a:b] for a, b in pairwise(cut))


def _whole(objectives: Sequence[str], length: int) -> str:
    """The first objectives that fit, each one whole, and how many more there are; one that never fits is cut."""
    told = "\u00a0; ".join(objectives)
    if len(told) <= length:
        return told
    kept = list(objectives)
    while len(kept) > 1 and len("\u00a0; ".join(kept)) > length:
        kept.pop()
    left = len(objectives) - len(kept)
    first = _shortened("\u00a0; ".join(kept), length)
    if not left:
        return first
    return ngettext("%(told)s; and %(num)s more", "%(told)s; and %(num)s more", left, told=first)


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0].rstrip(" ,;.") + "…"


def _size(text: str, *steps: tuple[int, str]) -> str:
    """The largest letters in which the text stays on one line; ``s`` when it is longer than all steps."""
    return next((size for length, size in steps if len(text) <= length), "s")


@lru_cache(maxsize=1)
def _templates() -> Environment:
    """The house's templates without a request: workers and commands print, too."""
    env = Environment(
        loader=FileSystemLoader(settings.ROOT / "templates"), undefined=StrictUndefined, autoescape=True,
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    env.install_gettext_callables(  # type: ignore[attr-defined]
        i18n.gettext,
        lambda one, many, number: i18n.reader_catalogue().ngettext(one, many, number),
        newstyle=True,
    )
    return env
