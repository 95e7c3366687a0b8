"""The macros: every one is on ``/ui``, whose page has no fault; fields and threads say what they must."""

import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, Response, g, render_template, render_template_string

from config.settings import ROOT
from lms.core import i18n, look
from lms.core.clock import now
from lms.home.forms import SampleForm, sample_form
from tests.support.bare import bare_app
from tests.support.page import Page


@pytest.fixture
def bare() -> Flask:
    return bare_app()


UI = ROOT / "templates/ui"
LEARNER = SimpleNamespace(
    name="Nadia Benali", organisation_name="Agence", home_phone="01 99 00 42 10", home_hours="",
    roles=frozenset({"learner"}), language="fr", accent_url="", logo_url="", behalf=None,
)  # fmt: skip


@pytest.fixture
def seen(bare: Flask) -> Iterator[Any]:
    """``seen(template, **context)``: the page, as a learner gets it."""
    with bare.test_request_context("/ui?sort=name"):
        g.actor = LEARNER

        def render(template: str, **context: object) -> Page:
            html = render_template(template, **context)
            answer = bare.process_response(Response(html, mimetype="text/html"))
            return Page(answer)  # type: ignore[arg-type]  # it reads the same

        yield render


@pytest.fixture
def macro(bare: Flask) -> Iterator[Any]:
    """``macro('ui.tag("done")')``: what the components print."""
    with bare.test_request_context("/ui?sort=name"):
        g.actor = LEARNER

        def render(call: str, **context: object) -> str:
            return render_template_string('{% import "ui/kit.html" as ui %}{{ ' + call + " }}", **context)

        yield render


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_living_page_has_no_fault(seen: Any, language: str) -> None:
    with i18n.speaking_to(language):
        page = seen("home/ui.html", form=sample_form())
    assert page.faults() == []
    used = set(re.findall(r'href="#i-([\w-]+)"', page.html))
    assert used == set(re.findall(r'<symbol id="i-([\w-]+)"', page.html))


def test_the_living_page_shows_every_component() -> None:
    kit = (UI / "kit.html").read_text("utf-8")
    offered = set(re.findall(r"{% set (\w+) = ", kit))
    defined = {
        name
        for file in UI.glob("*.html")
        if f'import "ui/{file.name}"' in kit
        for name in re.findall(r"{%-? macro (\w+)\(", file.read_text("utf-8"))
        if not name.startswith("_")
    }
    assert defined - offered - {"classes", "inside", "help_text", "problem", "optional_mark"} == set()
    pages = "".join(p.read_text("utf-8") for p in (ROOT / "templates/home").glob("ui*.html"))
    inner = "".join(p.read_text("utf-8") for p in UI.glob("*.html") if p.name != "kit.html")
    inside = {name for name in offered if re.search(rf"(?<!macro )\b{name}\(", inner)}
    shown = set(re.findall(r"\bui\.(\w+)\(", pages))
    # Of the player, of a sheet, of a page between two others.
    elsewhere = {"duo", "print_button", "relay_form"}
    assert offered - shown - inside - elsewhere == set()


def test_classes_exist(seen: Any) -> None:
    sheets = "".join(p.read_text("utf-8") for p in (ROOT / "static/css").glob("*.css"))
    known = set(re.findall(r"\.([a-zA-Z][\w-]*)", sheets))
    page = seen("home/ui.html", form=sample_form())
    used = {name for e in page.tree.iter() for name in (e.get("class") or "").split()}
    assert used - known == set()


def test_a_field_that_is_wrong_says_so_above_itself(macro: Any) -> None:
    form = sample_form()
    html = macro("ui.field(form.phone)", form=form)
    assert html.index('id="phone-error"') < html.index("<input")
    assert 'aria-describedby="phone-error"' in html
    assert 'aria-invalid="true"' in html
    assert macro("ui.field(form.cohort)", form=form).count("aria-invalid") == 0
    assert 'aria-describedby="cohort-help"' in macro("ui.field(form.cohort)", form=form)


def test_the_summary_leads_to_each_field(macro: Any) -> None:
    html = macro("ui.error_summary(form)", form=sample_form())
    assert re.findall(r'href="#([\w-]+)"', html)[1:] == ["phone", "due", "layout-0"]
    assert macro("ui.error_summary(form)", form=SampleForm()).strip() == ""


def test_what_people_typed_is_never_markup(macro: Any) -> None:
    assert "<b>" not in macro("ui.person(name)", name="<b>x</b>")
    assert "<b>" not in macro("ui.text_field('q', 'Name', value)", value='"><b>')
    assert "<i>" not in macro(
        "ui.access_card('N', ['a','b','c','d','e','f'], '', 'O', address)", address="<i>"
    )


def test_a_row_of_a_tree_is_set_in_and_its_link_is_not(macro: Any) -> None:
    assert re.search(r'>\u00a0{8}<a href="/1">Agence</a>', macro('ui.th_row("Agence", "/1", depth=2)'))
    assert '"row"><a' in macro('ui.th_row("Agence", "/1")')


@pytest.mark.parametrize(
    ("typed", "shown"),
    [("de 9 h à 17 h", "de 9\u00a0h à 17\u00a0h"), ("9 heures", "9 heures"), ("", ""), (None, "")],
)
def test_a_figure_keeps_its_unit(typed: str | None, shown: str) -> None:
    assert look.tied(typed) == shown


def test_a_name_below_a_bar_has_the_lines_that_it_needs(macro: Any) -> None:
    two = [
        {"label": f"Le numérique au quotidien, {season}", "value": 3} for season in ("automne", "printemps")
    ]
    assert re.findall(r"<tspan[^>]*>([^<]+)", macro('ui.bars("T", "D", bars)', bars=two)) == [
        bar["label"] for bar in two
    ]
    many = macro('ui.bars("T", "D", bars, real_label="R")', bars=two * 3)
    assert re.findall(r"<tspan[^>]*>([^<]+)", many)[:3] == ["Le numérique", "au quotidien,", "automne"]
    assert 'viewBox="0 0 760 410"' in many
    assert look.label_lines("", 2) == [""]


def test_a_thread_is_always_followed_by_words(macro: Any) -> None:
    html = macro("ui.progress(2, 8)")
    assert 'aria-hidden="true"' in html
    assert "2 sur 8" in html
    assert 'd="M4 6H24"' in html
    assert 'cx="30"' in html
    assert 'd="M42 6H91"' in html


def test_a_finished_thread_has_no_ring_and_no_hole(macro: Any) -> None:
    html = macro("ui.fil(8, 8)")
    assert 'class="h"' not in html
    assert 'class="o"' not in html


@pytest.mark.parametrize("state", ["waiting", "running", "done", "failed", "cancelled"])
def test_the_page_of_a_job_in_every_state(seen: Any, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job = SimpleNamespace(
        id=7, state=state, is_over=state not in ("waiting", "running"), progress=742, total=1196,
        cancel_asked=False, asked_at=now(), error="ValueError: secret detail",
        result={"file": "key", "page": "/reports", "facts": [["Personnes", "1 196"]]},
    )  # fmt: skip
    page = seen("core/job.html", job=job, title="Rapport", seconds_left=41)
    assert page.faults() == []
    assert "secret detail" not in page.words
    assert ('http-equiv="refresh"' in page.html) is not job.is_over
    if state == "running":
        assert "environ 40 secondes" in page.words.replace("\u00a0", " ")
        assert page.form("/jobs/7/cancel")
    if state == "done":
        assert "/jobs/7/file" in page.links()
        assert "/reports" in page.links()


def test_a_refusal_is_told_to_who_asked_for_the_job(seen: Any) -> None:
    job = SimpleNamespace(
        id=7, state="failed", is_over=True, progress=0, total=None, cancel_asked=False, asked_at=now(),
        error="Le fichier est vide. Choisissez-en un autre.", result=None,
    )  # fmt: skip
    assert "Le fichier est vide" in seen("core/job.html", job=job, title="Rapport", seconds_left=None).words


def test_colours_contrast_in_every_theme() -> None:
    """Text 7:1 on its ground and controls 3:1, in the three themes."""
    for theme, colours in _themes((ROOT / "static/css/tokens.css").read_text("utf-8")).items():
        for ink, ground in _TEXT:
            assert _contrast(colours[ink], colours[ground]) >= 7, (theme, ink, ground)
        for line, ground in _CONTROLS:
            assert _contrast(colours[line], colours[ground]) >= 3, (theme, line, ground)


_TEXT = [
    *((ink, ground) for ink in ("ink", "ink-2", "accent") for ground in ("paper", "surface", "sunken")),
    *((f"{state}-ink", ground) for state in ("done", "attention", "late") for ground in (f"{state}-soft", "surface", "paper")),
    ("on-accent", "accent"), ("on-deep", "deep"), ("on-thread", "thread"), ("accent", "accent-soft"),
    ("ink", "warm-soft"), ("ink", "accent-soft"), ("warm-ink", "surface"),
]  # fmt: skip
_CONTROLS = [
    ("edge", "paper"),
    ("edge", "surface"),
    ("edge", "sunken"),
    ("warm", "paper"),
    ("accent", "paper"),
    ("focus", "paper"),
]


def _themes(sheet: str) -> dict[str, dict[str, str]]:
    def read(block: str) -> dict[str, str]:
        return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))

    light = read(sheet[sheet.index(":root {") : sheet.index('[data-theme="dark"]')])
    dark = read(sheet[sheet.index('[data-theme="dark"]') : sheet.index('[data-theme="contrast"]')])
    contrast = read(sheet[sheet.index('[data-theme="contrast"]') : sheet.index("@media")])
    return {"light": light, "dark": light | dark, "contrast": light | contrast}


def _contrast(one: str, two: str) -> float:
    bright, dim = sorted((_light(one), _light(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_no_template_styles_or_acts_inline() -> None:
    """The policy of the pages forbids it; a document that becomes a PDF carries its own styles."""
    loud = re.compile(r"""\sstyle=|\son(click|change|submit|load|input|key\w+|focus|blur|error)=""")
    pages = [f for f in (ROOT / "templates").rglob("*.html") if not f.name.startswith("_")]
    assert [f.name for f in pages if loud.search(f.read_text("utf-8"))] == []
