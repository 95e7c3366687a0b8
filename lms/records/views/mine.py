"""Everybody's own pages: who looked at one's file."""

from flask import render_template, request
from flask.typing import ResponseReturnValue

from lms.core.web import actor, row_number, signed_in
from lms.records import queries
from lms.records.views import room


@room.get("/my-data/readers", may=signed_in)
def readers() -> ResponseReturnValue:
    page = queries.lines_about_me(actor(), request.args.get("page", 1, type=row_number))
    return render_template("records/readers.html", page=page)
