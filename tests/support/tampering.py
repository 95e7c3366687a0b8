"""Changes of the database behind the application's back: what somebody does who owns it, guards and all."""

import sqlalchemy as sa

from lms.core import db
from tests.support.sight import everything


def tamper(*statements: str) -> None:
    """Execute these, past the guards of the database, and put the guards back."""
    with everything() as session:
        connection = session.connection()
        if db.is_postgresql():
            connection.exec_driver_sql("set local session_replication_role = 'replica'")
            guards = []
        else:
            found = "select name, sql from sqlite_master where type = 'trigger'"
            guards = connection.exec_driver_sql(found).all()
        for name, _sql in guards:
            connection.exec_driver_sql(f"drop trigger {name}")
        for statement in statements:
            connection.execute(sa.text(statement))
        for _name, sql in guards:
            connection.exec_driver_sql(sql)
