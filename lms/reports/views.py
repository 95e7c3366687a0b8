"""Reports: what there is, one asked for, one fetched."""

from dataclasses import dataclass
from typing import Any

from flask import redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # the stubs are older

from lms.core.db import Mode
from lms.core.i18n import gettext as _
from lms.core.i18n import number_
from lms.core.web import Room, actor, row_number
from lms.enrolment.models import Level
from lms.reports import policies, queries, services, summary
from lms.reports.forms import LEVELS, OrderForm
from lms.reports.queries import RunInSight
from lms.reports.scope import LEVELS as BY_OPENNESS
from lms.reports.scope import asker_of
from lms.reports.summary import Line

room = Room("reports")

SHOWN = 8  #: cohorts that the chart has room for


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the newest cohorts: bars for the chart, rows for the table, totals of what is shown."""

    bars: list[dict[str, Any]]
    lines: list[Line]
    planned: float
    done: float

    @property
    def rate(self) -> float:
        """Done out of planned, per cent."""
        return 100 * self.done / self.planned if self.planned else 0


@room.get("/reports", may=policies.may_report, mode=Mode.LIST)
def reports() -> ResponseReturnValue:
    return _page(_form(request.args.get("cohort", type=row_number)))


@room.post("/reports/<string:name>", may=policies.may_report)
def order(name: str) -> ResponseReturnValue:
    report, form = services.report_named(name), _form()
    if report is None or not form.validate():
        return _page(form), 422
    run = services.order(
        actor(), report, cohort_id=int(form.cohort.data or 0) or None, as_of=form.as_of.data,
        level=Level(form.level.data), form=form.file.data,
    )  # fmt: skip
    return redirect(url_for("core.job", job_id=run.job_id))


@room.get("/reports/runs/<int:run_id>", may=policies.may_open, on=queries.run_in_sight)
def run(found: RunInSight) -> ResponseReturnValue:
    report = services.report_named(found.run.report)
    words = summary.level_word(Level(found.run.level))
    return render_template("reports/run.html", run=found.run, report=report, level=words)


@room.get("/reports/runs/<int:run_id>/file", may=policies.may_open, on=queries.run_in_sight, mode=Mode.WRITE)
def run_file(found: RunInSight) -> ResponseReturnValue:
    file = services.opened(actor(), found.run)
    return send_file(file, as_attachment=True, download_name=found.run.file_name)


def _page(form: OrderForm) -> str:
    asker = asker_of(actor())
    scope = services.whole(asker)
    return render_template(
        "reports/reports.html",
        reports=services.all_reports(),
        form=form,
        hours=_hours(summary.lines(scope, SHOWN)),
        cohorts=sum(queries.levels_in_sight(scope).values()),
        by_shares=asker.by_shares,
        page=queries.my_runs(actor(), request.args.get("page", 1, type=row_number)),
        labels={report.name: report.label for report in services.all_reports()},
        smallest=summary.SMALLEST,
    )


def _form(cohort_id: int | None = None) -> OrderForm:
    """The form with what this person may choose; the most open level first."""
    choices = queries.choices(asker_of(actor()))
    form = OrderForm()
    form.cohort.choices = [
        SelectChoice("", _("All cohorts in sight")),
        *(SelectChoice(str(one.cohort_id), one.name) for one in choices),
    ]
    open_ones = {BY_OPENNESS.index(one.level) for one in choices}
    form.level.choices = LEVELS[min(open_ones, default=0) :]
    if cohort_id is not None and not form.is_submitted():
        form.cohort.data = str(cohort_id)
    return form


def _hours(lines: list[Line]) -> Hours:
    told = [line for line in lines if not line.is_hidden]
    bars = [
        {
            "label": line.cohort,
            "value": round(line.seconds / 3600, 1),
            "plan": round(line.minutes / 60, 1),
            "said": _("%(number)s%%", number=number_(round(line.seconds / (line.minutes * 0.6))))
            if line.minutes
            else "",
        }
        for line in told
    ]
    planned, done = sum(line.minutes for line in told) / 60, sum(line.seconds for line in told) / 3600
    return Hours(bars, lines, planned, done)
