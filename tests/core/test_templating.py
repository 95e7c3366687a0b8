"""Templates that are compiled once a language render what plain Jinja renders."""

from collections.abc import Iterator

import pytest
from flask import Flask, render_template_string
from jinja2 import DictLoader, Environment, UndefinedError
from markupsafe import Markup

from lms.core import i18n
from lms.core.templating import HouseEnvironment

#: Template, and what it says in French and in English to a reader called ``A & B``.
SAID = [
    ("{{ _('Sign in') }}", "Se connecter", "Sign in"),
    ("{{ _('Hello %(name)s', name=name) }}", "Bonjour\u00a0A &amp; B", "Hello A &amp; B"),
    ("{{ _('Hello %(name)s', name='<b>'|safe) }}", "Bonjour\u00a0<b>", "Hello <b>"),
    ("{% set word = _('Sign in') %}{{ word|upper }}", "SE CONNECTER", "SIGN IN"),
    ("{% macro m(x) %}[{{ x }}]{% endmacro %}{{ m(_('Sign in')) }}", "[Se connecter]", "[Sign in]"),
    ("{{ ngettext('%(num)s step', '%(num)s steps', 2) }}", "2 étapes", "2 steps"),
    ("{{ _('100 %% sure, nobody knows this text') }}",) + ("100 % sure, nobody knows this text",) * 2,
]  # fmt: skip


@pytest.fixture(autouse=True)
def _page(app: Flask) -> Iterator[None]:
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(("template", "french", "english"), SAID)
def test_a_text_is_in_the_reader_s_language(template: str, french: str, english: str) -> None:
    for language, said in (("fr", french), ("en", english), ("fr", french)):
        with i18n.speaking_to(language):
            assert render_template_string(template, name="A & B") == said


def test_a_file_is_kept_once_a_language(app: Flask) -> None:
    env = HouseEnvironment(
        app, loader=DictLoader({"page.html": "{{ _('Sign in') }}", "word.txt": "{{ _('Sign in') }}"}),
        autoescape=app.select_jinja_autoescape, extensions=["jinja2.ext.i18n"],
    )  # fmt: skip
    env.install_gettext_callables(i18n.gettext, i18n.ngettext, newstyle=True)  # type: ignore[attr-defined]
    for name in ("page.html", "word.txt"):
        kept = []
        for language, said in (("fr", "Se connecter"), ("en", "Sign in")):
            with i18n.speaking_to(language):
                kept.append(env.get_template(name))
                assert kept[-1] is env.get_template(name)
                assert kept[-1].render() == said
        assert kept[0] is not kept[1]


def test_macros_and_functions_are_called_as_ever(app: Flask) -> None:
    source = (
        "{% macro row(x, y='-', caller=None) %}<{{ x }}{{ y }}{{ caller() if caller else '' }}>{% endmacro %}"
        "{% for one in ('&', 'b') %}{{ row(one, y=loop.index) }}{% endfor %}"
        "{% call row('c') %}{{ plain('&') }}{% endcall %}{{ marked('&') }}"
    )
    words = {"plain": lambda x: x * 2, "marked": Markup}
    plain = Environment(autoescape=True).from_string(source)
    assert render_template_string(source, **words) == plain.render(**words)


def test_a_name_that_is_unknown_is_still_a_fault() -> None:
    with pytest.raises(UndefinedError):
        render_template_string("{{ nobody() }}")
    with pytest.raises(UndefinedError):
        render_template_string("{{ _('Hello %(name)s', name=nobody) }}")
