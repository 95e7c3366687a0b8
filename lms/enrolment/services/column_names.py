"""What somebody says of the columns of a file: kept for the organisation, and for every file with the same header."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete

from lms.core import jobs, journal
from lms.core.clock import now
from lms.core.db import as_written, session
from lms.core.errors import Refused
from lms.core.i18n import gettext as _
from lms.enrolment.models import ColumnMapping, ImportRun, ImportState
from lms.enrolment.reading.columns import FIELDS, REQUIRED
from lms.enrolment.reading.recognition import signature

_OPEN = (ImportState.ASKING, ImportState.CHECKED)


class ColumnsUnclear(Refused):
    """Without names there is nobody; and nothing is read from two columns."""

    status = 422


def name_columns(sent: ImportRun, fields: Sequence[str], actor: Any) -> int:
    """Keep what the columns are and have the file checked again; the number of the job.

    ``fields``: one a column, empty where nothing is read. Raises ``ColumnsUnclear``.
    """
    header = _header(sent)
    if len(fields) != len(header) or any(field and field not in FIELDS for field in fields):
        raise ColumnsUnclear(_("These are not the columns of this file."), _("Open its page again."))
    chosen = [field for field in fields if field]
    if set(REQUIRED) - set(chosen) or len(set(chosen)) != len(chosen):
        raise ColumnsUnclear(
            _("The columns are not clear yet."),
            _("Choose one column for the last name, one for the first name, and nothing twice."),
        )
    values = {
        "tenant_id": sent.tenant_id, "organisation_id": sent.organisation_id, "signature": signature(header),
        "fields": list(fields), "at": now(),
    }  # fmt: skip
    session.execute(as_written(ColumnMapping, values, ["tenant_id", "organisation_id", "signature"]))
    journal.note("columns-named", actor, file=sent.id)
    return _check_again(sent, actor)


def forget_columns(sent: ImportRun, actor: Any) -> int:
    """Let the columns be recognised by their headers again; the number of the job."""
    session.execute(
        delete(ColumnMapping).where(
            ColumnMapping.tenant_id == sent.tenant_id,
            ColumnMapping.organisation_id == sent.organisation_id,
            ColumnMapping.signature == signature(_header(sent)),
        )
    )
    journal.note("columns-named", actor, file=sent.id)
    return _check_again(sent, actor)


def _header(sent: ImportRun) -> list[str]:
    if sent.state not in _OPEN or not sent.file_key or not sent.report.get("columns"):
        raise ColumnsUnclear(
            _("The columns of this file can’t be named any more."), _("Send the file again if it is needed.")
        )
    return list(sent.report["columns"]["header"])


def _check_again(sent: ImportRun, actor: Any) -> int:
    sent.state = ImportState.CHECKING
    sent.job_id = jobs.later("enrolment.check_file", actor, import_id=sent.id).id
    return sent.job_id
