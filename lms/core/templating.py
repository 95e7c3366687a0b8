"""Jinja, told what this house knows before a page is asked for: pages are rendered many times, and read rarely.

A template is compiled once for each language, its fixed texts already in that language. What it renders is what plain
Jinja would render.
"""

import weakref
from collections.abc import MutableMapping
from types import FunctionType
from typing import Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer

from lms.core import i18n

_SAID_BY = ("_", "gettext")


class HouseContext(Context):
    """A context that calls macros and plain functions without asking what each of them wants to be passed."""

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A page makes some 350 of these calls; nearly all are to macros and to functions that want no context."""
        if type(called) is Macro:
            args = (self.eval_ctx, *args)
        elif type(called) is not FunctionType or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_block_vars", None)
        kwargs.pop("_loop_vars", None)
        return called(*args, **kwargs)


class HouseEnvironment(Environment):
    """Compiles a template once for each language, and keeps one dictionary of globals for all of them."""

    context_class = HouseContext

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The environment's own, where a template brings none: comparing layers of them cost 4 % of a page."""
        return super().make_globals(d) if d else self.globals

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:  # noqa: A002
        assert self.loader is not None
        assert self.cache is not None
        key: Any = (weakref.ref(self.loader), f"{i18n.language()}:{name}")
        found = self.cache.get(key)
        if found is None or (self.auto_reload and not found.is_up_to_date):
            found = self.cache[key] = self.loader.load(self, name, self.make_globals(globals))
        return found

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        parsed = super()._parse(source, name, filename)
        escapes = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        if escapes:  # only there are texts and what fills them told apart
            _Translated().visit(parsed)
        return parsed


class _Translated(NodeTransformer):
    """``_("text", x=1)`` becomes the text in the reader's language, and stays a template for ``x``."""

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - the visitor's name for it
        """A call with a fixed text is answered now."""
        self.generic_visit(node)
        text = _fixed_text(node)
        if text is None:
            return node
        said = i18n.gettext(text)
        if not node.kwargs:
            return nodes.TemplateData(said % {}, lineno=node.lineno)
        pairs = [nodes.Pair(nodes.Const(one.key), one.value) for one in node.kwargs]
        whole = nodes.Dict(pairs, lineno=node.lineno)
        return nodes.Mod(nodes.TemplateData(said, lineno=node.lineno), whole, lineno=node.lineno)


def _fixed_text(node: nodes.Call) -> str | None:
    """What a call to gettext is about, if that is known while compiling."""
    is_ours = isinstance(node.node, nodes.Name) and node.node.name in _SAID_BY
    if not is_ours or node.dyn_args or node.dyn_kwargs or len(node.args) != 1:
        return None
    (text,) = node.args
    return text.value if isinstance(text, nodes.Const) and isinstance(text.value, str) else None
