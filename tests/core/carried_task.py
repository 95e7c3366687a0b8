"""The same slow task by Celery: ``celery -A tests.core.carried_task worker``, fed by ``python -m tests.core.carried_task``."""

from config import settings
from lms.app import create_app
from lms.core import carrier, db, jobs, schedule, worker
from lms.core.relay import Relay
from tests.core import slow_task

PATIENCE = 3.0  #: seconds, so that a message lost with its broker is sent again within a test

jobs.task(slow_task.NAME)(slow_task.slowly)
create_app()
carrier.configure(settings.current().queue_url, slow_task.LEASE)
celery = carrier.celery

if __name__ == "__main__":
    turns = Relay(carrier.CeleryBroker(), PATIENCE).turn, schedule.turn
    worker.keep_alive(db.disconnect_inherited, [turns], pause=0.1)
