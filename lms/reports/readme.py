"""The first sheet of every workbook: who asked for what, when, at which level, and what each column means."""

from collections.abc import Iterator, Sequence

from lms.core.i18n import day, moment, ngettext
from lms.core.i18n import gettext as _
from lms.core.tables import TextSheet
from lms.enrolment.models import Level
from lms.reports import queries
from lms.reports.report import Field, Report
from lms.reports.scope import Scope
from lms.reports.summary import SMALLEST, level_word


def sheet(report: Report, scope: Scope, summary: Sequence[Field]) -> TextSheet:
    """The sheet, in the language spoken now."""
    return TextSheet(_("Read me"), list(_rows(report, scope, summary)))


def _rows(report: Report, scope: Scope, summary: Sequence[Field]) -> Iterator[tuple[str, object]]:
    levels = queries.levels_in_sight(scope)
    yield str(report.label), ""
    yield _("Asked by"), ", ".join(part for part in (scope.asker.name, scope.asker.organisation) if part)
    yield _("Asked on"), moment(scope.asked_at, "long")
    yield _("Data as of"), day(scope.today) if scope.is_past else moment(scope.until, "long")
    yield _("Period"), _("from each person’s enrolment to that day")
    yield _("Scope"), _scope(scope, sum(levels.values()))
    for level, number in levels.items():
        said = ngettext("%(num)s cohort", "%(num)s cohorts", number)
        yield (
            _("Level of privacy"),
            " ".join(
                [_("%(cohorts)s: %(level)s.", cohorts=said, level=level_word(level)), _explained(level)]
            ),
        )
    yield _("Lines of the sheet “Courses of each person”"), report.count(scope)
    yield _("Columns of the sheet “Courses of each person”"), ""
    for field in report.fields:
        yield f"{field.label} ({field.key})", str(field.meaning)
    yield _("Columns of the sheet “Summary of cohorts”"), ""
    for field in summary:
        yield f"{field.label} ({field.key})", str(field.meaning)
    yield _("What this file may be used for"), ""
    yield (
        _("Personal data"),
        _(
            "Only to follow these courses. Keep it where others cannot read it, pass it on to nobody who is not in charge"
            " of them, and erase it when it has served."
        ),
    )
    yield _("Never in this file"), _("E-mail address, telephone, birth date, social-security number, health.")
    yield _("Trace"), _("Each download is written in the journal, with the number of lines.")


def _scope(scope: Scope, cohorts: int) -> str:
    if scope.cohort_id is not None:
        return _("cohort “%(name)s”", name=scope.cohort)
    if scope.asker.by_shares:
        return ngettext("%(num)s cohort shared with you", "%(num)s cohorts shared with you", cohorts)
    said = ngettext("%(num)s cohort", "%(num)s cohorts", cohorts)
    return _(
        "%(cohorts)s of %(organisation)s and what lies below it",
        cohorts=said,
        organisation=scope.asker.organisation,
    )


def _explained(level: Level) -> str:
    return {
        Level.NOMINATIVE: _("People appear with their names and identifiers."),
        Level.PSEUDONYMOUS: _(
            "A code stands for each person: the same in all your files, and without meaning for others."
        ),
        Level.AGGREGATE: _(
            "No line about a person, and no figure about fewer than %(number)s people.", number=SMALLEST
        ),
    }[level]
