"""A service for texts on the loopback that takes what docs/messages.md says, and nothing else."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "a secret of the tests"


class Service:
    """What it took, by reference; and what it is to answer next instead of 200."""

    def __init__(self) -> None:
        self.taken: dict[str, dict[str, str]] = {}
        self.refused: list[str] = []
        self.answers: list[int] = []
        self.url = ""

    def fault(self, headers: Any, said: Any) -> str:
        """Why a request is not what was agreed; empty: it is."""
        if headers.get("Authorization") != f"Bearer {TOKEN}":
            return "no token"
        if headers.get("Content-Type") != "application/json":
            return "no JSON"
        if not isinstance(said, dict) or set(said) != {"to", "text", "reference"}:
            return f"other names: {said!r}"
        if not re.fullmatch(r"\+[1-9][0-9]{6,14}", said["to"]):
            return f"no number: {said['to']!r}"
        if not 1 <= len(said["text"]) <= 480 or "\n" in said["text"]:
            return "no text"
        if headers.get("Idempotency-Key") != said["reference"] or not said["reference"]:
            return "no reference"
        return ""


@contextmanager
def serving() -> Iterator[Service]:
    """The service, for the length of a block."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            said = json.loads(body)
            fault = service.fault(self.headers, said)
            if fault:
                service.refused.append(fault)
            code = 400 if fault else service.answers.pop(0) if service.answers else 202
            if code == 202:
                service.taken[said["reference"]] = said
            answer = json.dumps(
                {"id": f"sms-{len(service.taken)}"} if code == 202 else {"why": fault or "busy"}
            )
            self.send_response(code)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.url = f"http://127.0.0.1:{server.server_port}/send"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
