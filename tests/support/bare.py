"""An application that only shows: templates, assets, headers. No room and no database stand behind it."""

from functools import cache

from flask import Flask, g

from config import settings
from config.settings import ROOT, Settings
from lms.core import assets, compress, headers, look, pages


@cache
def bare_app() -> Flask:
    """One for the whole run."""
    return new_bare_app()


def new_bare_app() -> Flask:
    """One of one's own, to give it routes."""
    if settings._current is None:  # a real application, built before or later, says its own
        settings.use(Settings(secret_key="a key for tests only", base_url="http://localhost", env="test"))
    app = Flask("lms", root_path=str(ROOT / "lms"), static_folder=None, template_folder="../templates")
    app.config.update(SECRET_KEY="a key for tests only", TESTING=True)
    for part in (pages, headers, assets, look, compress):
        part.init_app(app)
    app.context_processor(lambda: {"actor": g.get("actor")})
    return app
