"""What a WSGI server and the ``flask`` command load."""

import os
import sys

from config.settings import SettingsError
from lms.app import create_app
from lms.core.roles import Unbound, refuse_unbound

try:
    app = create_app()
    if os.environ.get("FLASK_RUN_FROM_CLI") != "true":  # a command may run: `flask doctor` says what is wrong
        refuse_unbound()
except (SettingsError, Unbound) as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
