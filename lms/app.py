"""Builds the application: settings, plumbing, rooms. The only file that knows every room."""

from datetime import timedelta

from flask import Flask
from flask_login import LoginManager

from config import settings
from config.settings import Settings
from lms.core import (
    acting,
    assets,
    bodies,
    compress,
    doorway,
    files,
    headers,
    kinds,
    logs,
    look,
    pages,
    retention,
    roles,
    web,
)
from lms.core.backup import snapshots
from lms.mandates.queries import actor_under
from lms.organisations.queries import actor_by_key, keep_days

#: From the lowest step to the highest: handlers hear of an event in this order.
ROOMS = tuple(
    f"lms.{name}"
    for name in (
        *(
            "core",
            "people",
            "organisations",
            "records",
            "mandates",
            "notifications",
            "sso",
            "ledger",
            "courses",
            "curricula",
            "enrolment",
            "progress",
        ),
        *("assessment", "certificates", "reports", "api", "home"),
    )
)
#: Folders of plug-ins, one file a kind.
FAMILIES = (
    "messages",
    "activities",
    "importers",
    "layouts",
    "traced",
    "objections",
    "fences",
    "library",
    "sights",
    "columns",
    "doors",
    "providers",
    "belongings",
    "privacy",
    "checkups",
    "weights",
    "handovers",
    "panels",
    "directories",
    "conditions",
)


def create_app(said: Settings | None = None) -> Flask:
    """The application, built from nothing but its settings (those of the environment unless given)."""
    chosen = settings.use(said or settings.load())
    logs.configure(chosen.env)
    app = Flask(
        "lms", root_path=str(settings.ROOT / "lms"), static_folder=None, template_folder="../templates"
    )
    app.config.update(_flask(chosen))
    roles.connect(chosen)
    files.configure(chosen.storage_url)
    load_rooms()
    retention.check(chosen)
    snapshots.plan(chosen)
    web.init_app(app)  # first: whatever refuses a request later on speaks the reader's language
    pages.init_app(app)
    headers.init_app(app)
    assets.init_app(app)
    look.init_app(app)
    compress.init_app(app)
    _sign_in(app)
    for room in ROOMS:
        if views := kinds.optional(f"{room}.views"):
            app.register_blueprint(views.room.blueprint)
        if cli := kinds.optional(f"{room}.cli"):
            cli.register(app)
    bodies.init_app(app)
    doorway.init_app(app)  # last: nothing stands outside of it
    return app


def load_rooms() -> None:
    """Import what registers itself: tables, handlers, tasks and plug-ins."""
    for name in ("tenants", "journal", "jobs", "post", "schedule", "beats", "statistics", "backup.snapshots"):
        kinds.optional(f"lms.core.{name}")
    for room in ROOMS:
        for part in ("models", "handlers", "tasks"):
            kinds.optional(f"{room}.{part}")
    for family in FAMILIES:
        kinds.gather(ROOMS, family)


def _flask(chosen: Settings) -> dict[str, object]:
    return {
        "SECRET_KEY": chosen.secret_key,
        "SESSION_COOKIE_NAME": "__Host-kokoroe" if chosen.is_secure else "kokoroe",
        "SESSION_COOKIE_SECURE": chosen.is_secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_REFRESH_EACH_REQUEST": False,  # the cookie leaves only when it says something new
        "PERMANENT_SESSION_LIFETIME": timedelta(days=1),
        "WTF_CSRF_TIME_LIMIT": 12 * 3600,
        "MAX_CONTENT_LENGTH": 64 * 1024 * 1024,
        "MAX_FORM_PARTS": 5_000,
        "MAX_FORM_MEMORY_SIZE": 2 * 1024 * 1024,
        "TESTING": chosen.env == "test",
    }


def _sign_in(app: Flask) -> None:
    login = LoginManager()
    login.init_app(
        app, add_context_processor=False
    )  # it would ask the database who is there from an error page
    login.session_protection = None  # the key in the cookie is looked up at each request
    login.user_loader(actor_by_key)
    acting.found_by(actor_under)
    retention.chosen_by(keep_days)
