"""Jinja2 templates, which are stored next to the modules that use them."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape


def render(template: str, **values: Any) -> str:
    """Renders a template; in HTML, values are escaped.

    Args:
        template: its path within the package, such as `"evaluation/report.html"`.
        values: all values that the template uses.
    """
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
