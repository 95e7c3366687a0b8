"""``flask curricula add``."""

import json
from typing import Any

from flask import Flask

from tests.support.worlds import World


def _run(app: Flask, *arguments: str) -> tuple[int, Any]:
    result = app.test_cli_runner().invoke(args=["curricula", "add", *arguments, "--json"])
    return result.exit_code, json.loads(result.stdout) if result.stdout.startswith("{") else None


def test_a_path_is_made_of_slugs(app: Flask, world: World) -> None:
    asked = ("numerique", "--title", "Numérique", "--organisation", "reseau-1", "--course", "cours-1")
    assert _run(app, *asked) == (0, {"curriculum": "numerique", "courses": ["cours-1"]})
    status, said = _run(app, *asked)
    assert (status, set(said)) == (1, {"refused", "remedy"})


def test_what_is_unknown_is_said(app: Flask, world: World) -> None:
    asked = ("x", "--title", "X", "--organisation")
    assert _run(app, *asked, "nulle-part", "--course", "cours-1")[0] == 2
    assert _run(app, *asked, "reseau-1", "--course", "cours-2")[0] == 1
    assert _run(app, *asked, "reseau-1")[0] == 2
