"""The little scripts, in a real browser, on pages that have nothing else."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from flask import Flask, g, render_template, render_template_string, request
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from lms.core.clock import now
from lms.home.forms import sample_form
from tests.browser.eyes import _axe
from tests.support.bare import new_bare_app

ACTOR = SimpleNamespace(
    name="Nadia Benali", organisation_name="Agence", home_phone="", home_hours="", roles=frozenset({"learner"}),
    language="fr", accent_url="", logo_url="", behalf=None,
)  # fmt: skip
PAGE = (
    '{% extends "layouts/page.html" %}{% import "ui/kit.html" as ui %}{% block title %}Essai{% endblock %}'
    "{% block main %}<h1>Essai</h1>{% block part %}{% endblock %}{% endblock %}"
)
QUIZ = (
    '{% call ui.form("/end", "quiz", autosave="/draft") %}{{ ui.text_field("answer", "Réponse") }}'
    "{{ ui.saved_status() }}{{ ui.button('Finir') }}{% endcall %}"
    '<p id="lesson">Un texte à écouter.</p>{{ ui.tools() }}'
)


class Site:
    """The pages, and what they sent."""

    def __init__(self) -> None:
        self.drafts: list[str] = []
        self.polls = 0
        self.left = threading.Event()
        self.idle_seconds = 0
        self.theme = ""
        self.app = self._app()
        self.server = make_server("127.0.0.1", 0, self.app, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def _app(self) -> Flask:
        app = new_bare_app()
        app.config["WTF_CSRF_ENABLED"] = False
        app.jinja_env.globals.update(idle_seconds=lambda: self.idle_seconds, theme=lambda: self.theme)

        @app.before_request
        def somebody() -> None:
            g.actor = ACTOR

        app.add_url_rule("/ui", "ui", lambda: render_template("home/ui.html", form=sample_form()))
        app.add_url_rule(
            "/quiz",
            "quiz",
            lambda: render_template_string(PAGE.replace("{% block part %}", QUIZ + "{% block part %}")),
        )
        app.add_url_rule("/jobs/<int:number>", "job", self._job)
        app.add_url_rule("/draft", "draft", self._draft, methods=["POST"])
        app.add_url_rule("/sign-out-idle", "leave", self._leave, methods=["POST"])
        app.add_url_rule("/healthz", "healthz", lambda: "alive")
        return app

    def _draft(self) -> tuple[str, int]:
        self.drafts.append(request.form["answer"])
        return "", 204

    def _leave(self) -> str:
        self.left.set()
        return "gone"

    def _job(self, number: int) -> str:
        self.polls += 1
        over = self.polls > 3
        job = SimpleNamespace(
            id=number, state="done" if over else "running", is_over=over, progress=100 * self.polls, total=400,
            cancel_asked=False, asked_at=now(), error=None, result={"page": "/ui"},
        )  # fmt: skip
        part = "job_progress" if request.args.get("part") else "job"
        return render_template(f"core/{part}.html", job=job, title="Rapport", seconds_left=41)


@pytest.fixture
def site() -> Iterator[Site]:
    one = Site()
    thread = threading.Thread(target=one.server.serve_forever, daemon=True)
    thread.start()
    yield one
    one.server.shutdown()
    thread.join(10)
    one.server.server_close()


@pytest.fixture
def see(chromium: Browser, site: Site) -> Iterator[Callable[..., Page]]:
    contexts = []

    def open_page(path: str, width: int = 1280, **more: object) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": 800}, locale="fr-FR", **more)  # type: ignore[arg-type]
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(site.url + path)
        return page

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_living_page_satisfies_axe(see: Callable[..., Page], site: Site, theme: str, width: int) -> None:
    site.theme = theme
    page = see("/ui", width)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    page.evaluate(_axe())
    rules = {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    said = page.evaluate("options => axe.run(document, options)", {"runOnly": tags, "rules": rules})
    assert [(v["id"], v["nodes"][0]["html"]) for v in said["violations"]] == []


def test_ticks_are_counted_and_taken_together(see: Callable[..., Page]) -> None:
    page = see("/ui")
    bar = page.locator("[data-bulk-count]")
    expect(bar).to_have_text("1 personne choisie")
    page.get_by_label("Choisir les 3 personnes de cette page").check()
    expect(bar).to_have_text("3 personnes choisies")
    page.get_by_role("button", name="Annuler le choix").click()
    expect(bar).to_have_text("Aucune personne choisie")
    assert page.locator("tr[data-on]").count() == 0


def test_a_dialog_opens_above_the_page_and_closes(see: Callable[..., Page]) -> None:
    page = see("/ui")
    page.get_by_role("link", name="L’ouvrir au-dessus de la page").click()
    dialog = page.locator("#undo-above")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Fermer").click()
    expect(dialog).to_be_hidden()


def test_a_form_that_came_back_is_read_from_its_summary(see: Callable[..., Page]) -> None:
    page = see("/ui")
    expect(page.locator(".errors").first).to_be_focused()


def test_answers_are_kept_as_they_are_typed(see: Callable[..., Page], site: Site) -> None:
    page = see("/quiz")
    page.get_by_label("Réponse").fill("Paris")
    expect(page.locator("[data-saved-status]")).to_have_text("Enregistré. Vous pouvez fermer cette page.")
    assert site.drafts == ["Paris"]


def test_a_connection_that_is_down_is_said(see: Callable[..., Page]) -> None:
    page = see("/quiz")
    page.context.set_offline(True)
    page.get_by_label("Réponse").fill("Paris")
    expect(page.locator("[data-saved-status]")).to_contain_text("Pas enregistré")


def test_a_shared_computer_asks_then_saves_and_leaves(see: Callable[..., Page], site: Site) -> None:
    site.idle_seconds = 4
    page = see("/quiz")
    dialog = page.locator("#idle")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Je suis toujours là").click()
    expect(dialog).to_be_hidden()
    page.evaluate("document.querySelector('[name=answer]').value = 'Lyon'")
    page.evaluate(
        "document.querySelector('[name=answer]').dispatchEvent(new Event('input', {bubbles: true}))"
    )
    expect(dialog).to_be_visible()
    page.wait_for_url("**/sign-out-idle")
    assert site.left.is_set()
    assert "Lyon" in site.drafts


def test_a_job_is_followed_to_its_end(see: Callable[..., Page]) -> None:
    page = see("/jobs/7")
    expect(page.locator("#job-count")).to_contain_text("100")
    page.get_by_role("button", name="Arrêter ce travail").focus()
    expect(page.locator("#job-count")).to_contain_text("200")
    expect(page.get_by_role("button", name="Arrêter ce travail")).to_be_focused()
    expect(page.get_by_text("C’est fait.")).to_be_visible()


def test_without_javascript_nothing_is_offered_that_would_not_work(see: Callable[..., Page]) -> None:
    page = see("/ui", java_script_enabled=False)
    for word in ("Écouter", "Imprimer"):
        expect(page.get_by_role("button", name=word)).to_have_count(0)
    expect(page.get_by_label("Choisir les 3 personnes de cette page")).to_be_hidden()


def test_listening_is_offered_where_the_device_can_speak(see: Callable[..., Page]) -> None:
    expect(see("/quiz").get_by_role("button", name="Écouter")).to_be_visible()
