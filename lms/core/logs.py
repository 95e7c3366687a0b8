"""What is logged: one JSON object a line in production, readable lines elsewhere.

Ids, never names; no query string, and no secret: what a library puts into its own words is cleaned on the way out.
Lines go to the error stream, since standard output belongs to a command's answer.
"""

import logging
import re
import sys
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog
from flask import g, has_request_context, request

Line = MutableMapping[str, Any]

#: What stands in a line instead of what must not.
LEFT_OUT = "(left out)"
_SECRETS = (
    # an address with a password in it: postgresql://owner:secret@host
    (re.compile(r"(\w+://[^\s/:@]*:)[^\s@]+@"), rf"\1{LEFT_OUT}@"),
    (re.compile(r"(?i)\b(bearer|basic) [\w.~+/=-]{6,}"), rf"\1 {LEFT_OUT}"),
    (re.compile(r"(?i)\b([\w-]*(?:password|secret|token|api[_-]?key|authorization|cookie)[\w-]*[\"']?\s*[=:]\s*)[^\s,;&]+"),
     rf"\1{LEFT_OUT}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), LEFT_OUT),
    (re.compile(r"(https?://[^\s?#\"'<>]+|(?<=\s)/[\w/.-]+)\?[^\s\"'<>]+"), rf"\1?{LEFT_OUT}"),
)  # fmt: skip
#: Without one of these, none of the patterns can match.
_SUSPECT = re.compile(r"[@=:?]|(?i:bearer|basic) ")
#: PostgreSQL repeats the row that it refuses, and COPY the line that it cannot read.
_ROWS = re.compile(r"^(\s*(?:DETAIL|CONTEXT)): .*$", re.M)


def configure(env: str, stream: TextIO | None = None) -> logging.Handler | None:
    """Send the lines of this process to ``stream`` (the error stream unless given), in the manner of ``env``.

    The tests have their own handlers: nothing changes for them unless a stream is given.
    """
    if env == "test" and stream is None:
        return None
    root, handler = logging.getLogger(), logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(formatter(env))
    for old in [one for one in root.handlers if isinstance(one.formatter, _Formatter)]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("lms").setLevel(logging.INFO)
    # The demo's terminal shows what went wrong, not every page that was looked at.
    logging.getLogger("lms.requests").setLevel(logging.WARNING if env == "demo" else logging.INFO)
    return handler


def formatter(env: str) -> logging.Formatter:
    """The shape of a line; also for the web server's own logger."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.format_exc_info,
        _who,
        _cleaned,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    as_text = (
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        if env == "demo"
        else structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    )
    renderers = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, as_text]
    return _Formatter(foreign_pre_chain=shared, processors=renderers, keep_exc_info=False)


@contextmanager
def about(**ids: Any) -> Iterator[None]:
    """Every line of the block, and of what it calls, carries these ids: ``about(job=7, tenant=2)``."""
    with structlog.contextvars.bound_contextvars(**{name: n for name, n in ids.items() if n is not None}):
        yield


def cleaned(text: str) -> str:
    """``text`` without passwords, tokens, e-mail addresses, query strings and rows of the database."""
    if not _SUSPECT.search(text):  # nearly every value of nearly every line
        return text
    text = _ROWS.sub(rf"\1: {LEFT_OUT}", text)
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Ours, so that a second call finds what the first one put there."""


def server_formatter() -> logging.Formatter:
    """What the web server's own logger is given (``config/granian-logs.json``)."""
    return formatter("production")


def _who(_logger: Any, _method: str, line: Line) -> Line:
    """The request and who acts in it, by number. Asks nothing of the database."""
    if has_request_context():
        line.setdefault("request", request.environ.get("lms.request_id"))
        line.update(who(g.get("actor")))
    return line


def who(actor: Any) -> dict[str, int]:
    """The ids of an actor that are there."""
    found = {name: getattr(actor, f"{name}_id", None) for name in ("tenant", "account")}
    return {name: number for name, number in found.items() if number is not None}


def _cleaned(_logger: Any, _method: str, line: Line) -> Line:
    for name, value in line.items():
        if isinstance(value, str):
            line[name] = cleaned(value)
    return line
