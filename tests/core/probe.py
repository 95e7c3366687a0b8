"""An application of the house with a few more routes, which do what a good room never does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flask import Flask, abort, redirect, request
from flask.typing import ResponseReturnValue

from config import settings as house
from config.settings import Settings
from lms.app import create_app
from lms.core import db, roles
from lms.core.db import session
from lms.core.errors import Refused
from lms.core.tenants import Tenant
from lms.core.web import Room, anyone, signed_in


def _nobody(_actor: object, _subject: object = None) -> bool:
    """Nobody."""
    return False


def room() -> Room:
    """``/probe/...``: a new room each time, since a blueprint belongs to one application."""
    made = Room("probe")

    @made.get("/probe/mine", may=signed_in)
    def mine() -> str:
        return "mine"

    @made.get("/probe/closed", may=_nobody)
    def closed() -> str:
        return "never"

    @made.get("/probe/broken", may=anyone)
    def broken() -> str:
        raise ZeroDivisionError("a secret of ours")

    @made.get("/probe/refused", may=anyone)
    def refused() -> str:
        raise Refused("The cohort is full.", "Make another one.")

    @made.get("/probe/code/<int:code>", may=anyone)
    def code(code: int) -> str:
        abort(code)

    @made.get("/probe/away", may=anyone)
    def away() -> ResponseReturnValue:
        return redirect("/probe/mine")

    @made.post("/probe/write", may=anyone)
    def write() -> str:
        session.add(Tenant(name=request.form.get("name", "x")))
        return "written"

    @made.post("/probe/hint", may=anyone)
    def hint() -> str:
        session.add(Tenant(name="kept"))
        db.then(lambda: 1 / 0)
        return "written"

    return made


@contextmanager
def application(settings: Settings, **changes: Any) -> Iterator[Flask]:
    """The house with the probe; ``changes`` are settings. Afterwards the process is as it was."""
    made = create_app(replace(settings, **changes))
    made.register_blueprint(room().blueprint)
    try:
        yield made
    finally:
        db.disconnect()
        house.use(settings)
        roles.connect(settings)
