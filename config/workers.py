"""What Celery's workers load: ``celery -A config.workers worker --without-gossip --without-mingle``."""

import sys

from config import settings
from config.settings import SettingsError
from lms.app import create_app
from lms.core import carrier

try:
    create_app()
except SettingsError as error:
    sys.stderr.write(f"{error}\n")
    raise SystemExit(2) from None
if not settings.current().queue_url:
    sys.stderr.write("LMS_QUEUE_URL names no broker: start `flask jobs work` instead\n")
    raise SystemExit(2)
carrier.configure(settings.current().queue_url)
celery = carrier.celery
