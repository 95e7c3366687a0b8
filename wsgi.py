"""What a WSGI server and the ``flask`` command load."""

import sys

from config.settings import SettingsError
from lms.app import create_app

try:
    app = create_app()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
