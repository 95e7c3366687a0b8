"""The folder of this installation takes what is written into it, and has room."""

import shutil
import tempfile
from collections.abc import Iterator

from config import settings
from lms.core.doctor import Checkup, Finding
from lms.core.i18n import gettext as _

_MIB = 1024 * 1024
#: Free space below which something is wrong, and the share of the disk below which it soon will be.
_LEAST, _TIGHT = 512 * _MIB, 0.15


class VarCheckup(Checkup):
    """The folder of this installation can be written to."""

    name = "var"

    def findings(self) -> Iterator[Finding]:
        folder = settings.current().var
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"x" * 4096)
        except OSError as error:
            yield Finding(
                _("%(folder)s cannot be written to: %(said)s.", folder=folder, said=error.strerror or error),
                _("Give it to the account that runs the application, or name another one in LMS_VAR."),
            )


class DiskCheckup(Checkup):
    """The disk of that folder has room."""

    name = "disk"
    needs = "var"

    def findings(self) -> Iterator[Finding]:
        folder = settings.current().var
        disk = shutil.disk_usage(folder)
        if disk.free < max(_LEAST, disk.total * _TIGHT):
            yield Finding(
                _(
                    "The disk of %(folder)s has %(free)s MiB left of %(total)s.",
                    folder=folder, free=disk.free // _MIB, total=disk.total // _MIB,
                ),
                _("Free some space, or move LMS_VAR to a larger disk."),
                is_warning=disk.free >= _LEAST,
            )  # fmt: skip
