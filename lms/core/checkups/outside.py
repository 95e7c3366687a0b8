"""The servers that larger installations have besides the database: a broker, a store for files, a copy that answers lists."""

import io
from collections.abc import Iterator

from sqlalchemy.exc import SQLAlchemyError

from config import settings
from lms.core import beats, db, engines, files, replica
from lms.core.db import Mode
from lms.core.doctor import Checkup, Finding, first_words
from lms.core.i18n import gettext as _
from lms.core.relay import BrokerAway

_PROBE = b"written by flask doctor, and taken away again"


class BrokerCheckup(Checkup):
    """Where jobs come by a broker, it answers."""

    name = "broker"

    def findings(self) -> Iterator[Finding]:
        url = settings.current().queue_url
        if not url:
            return
        from lms.core import carrier

        carrier.configure(url)
        try:
            carrier.CeleryBroker().waiting()
        except BrokerAway as error:
            yield Finding(
                _("The broker does not answer: %(said)s", said=first_words(error)),
                _("Check that it runs, and LMS_QUEUE_URL. Jobs wait meanwhile; none is lost."),
            )


class RelayCheckup(Checkup):
    """Where jobs come by a broker, somebody takes them there."""

    name = "relay"
    needs = "migrations"

    def findings(self) -> Iterator[Finding]:
        if not settings.current().queue_url:
            return
        with db.transaction(Mode.READ):
            lives = beats.is_relay_there()
        if not lives:
            yield Finding(
                _("No relay gives a sign of life: nobody hands the jobs to the broker."),
                _("Start one: `flask jobs relay`."),
            )


class StoreCheckup(Checkup):
    """What is put into the store for files can be read again and taken away."""

    name = "files"

    def findings(self) -> Iterator[Finding]:
        store = files.storage()
        try:
            key = store.put("doctor", io.BytesIO(_PROBE))
            try:
                with store.open(key) as stream:
                    is_whole = stream.read() == _PROBE
            finally:
                store.delete(key)
        except (files.StorageAway, files.FileGone, OSError) as error:
            yield Finding(
                _("The store for files does not work: %(said)s", said=first_words(error)),
                _("Check LMS_STORAGE_URL, and that this account may write, read and delete there."),
            )
        else:
            if not is_whole:
                yield Finding(
                    _("The store for files gave back something else than was put there."),
                    _("Check what stands between it and this machine."),
                )


class ReplicaCheckup(Checkup):
    """Where lists are answered by a replica, it is there and near."""

    name = "replica"
    needs = "database"

    def findings(self) -> Iterator[Finding]:
        url = settings.current().read_database_url
        if not url:
            return
        engine = engines.postgresql(url, 1)
        try:
            behind = replica.seconds_behind(engine)
        except SQLAlchemyError as error:
            yield Finding(
                _("The replica does not answer: %(said)s", said=first_words(error)),
                _(
                    "Check that it runs, and LMS_READ_DATABASE_URL. The main database answers for it meanwhile."
                ),
                is_warning=True,
            )
        else:
            if behind > replica.LIMIT:
                yield Finding(
                    _("The replica is %(seconds)s s behind.", seconds=round(behind)),
                    _("See what holds it up. The main database answers lists meanwhile."),
                    is_warning=True,
                )
        finally:
            engine.dispose()
