"""One HTML file made of a template and a document: scripts and styles lie in it, and nothing else may run there."""

import base64
import functools
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ml_assets.errors import DefinitionError

TEMPLATES = Path(__file__).parent / "templates"
STATIC = Path(__file__).parent / "static"
DOM, STYLE = "dom.js", "page.css"
_ENDINGS = ("</script", "</style", "<!--")  # what would end or hide the element that a file is put into


def render(
    template: str,
    document: Mapping[str, Any],
    *,
    title: str,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    connect: bool = False,
) -> str:
    """The page of a document: one HTML file with everything in it.

    The document is given to the template as `document`, and to the scripts as `MlAssets.document`. Values reach the
    page as text only. The Content-Security-Policy lets run what stands in `scripts` and nothing else.

    Args:
        template: a file of `templates/` that extends `page.html`.
        document: what can be written as JSON, without NaN or infinities.
        title: of the page, and its first heading.
        scripts: files of `static/` that run in this order, after `dom.js`.
        styles: files of `static/` that apply after `page.css`.
        connect: whether the scripts may ask the server that the page comes from.

    Raises:
        DefinitionError: a script or style holds what would end its element.
        ValueError: the document holds a number that JSON does not have.
    """
    script_texts = [_static(name) for name in (DOM, *scripts)]
    style_texts = [_static(name) for name in (STYLE, *styles)]
    page = _environment().get_template(template)
    policy = content_policy(script_texts, style_texts, connect=connect)
    return page.render(
        title=title, document=document, scripts=script_texts, styles=style_texts, policy=policy
    )


def content_policy(scripts: Sequence[str], styles: Sequence[str], *, connect: bool = False) -> str:
    """The Content-Security-Policy under which just these texts run and apply; arguments as of `render`, but texts."""
    allowed = {
        "default-src": "'none'",
        "script-src": _hashes(scripts),
        "style-src": _hashes(styles),
        "img-src": "data:",
        "connect-src": "'self'" if connect else "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {sources}" for name, sources in allowed.items())


def _hashes(texts: Sequence[str]) -> str:
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests) or "'none'"


@functools.cache
def _static(name: str) -> str:
    text = (STATIC / name).read_text(encoding="utf-8")
    if wrong := [ending for ending in _ENDINGS if ending in text.lower()]:
        raise DefinitionError(
            f"{name}: holds {wrong[0]}, which ends the element it is put into. Split the text."
        )
    return text


@functools.cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["json.dumps_kwargs"] = {"allow_nan": False}  # the order of names is the document's
    return environment
