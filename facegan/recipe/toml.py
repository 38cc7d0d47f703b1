"""Recipes as TOML, for people to read and change."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from facegan.errors import FaceganError
from facegan.recipe.recipe import Recipe


def read_recipe(path: str | Path) -> Recipe:
    """Reads a recipe from a TOML file.

    Raises:
        FaceganError: the file cannot be read, or holds an unknown key or a value that is not allowed.
    """
    try:
        values = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise FaceganError(f"cannot read the recipe {path}: {error}") from error
    try:
        return Recipe.from_dict({"name": Path(path).stem, **values})
    except FaceganError as error:
        raise FaceganError(f"the recipe {path} is not valid: {error}") from error


def write_recipe(recipe: Recipe) -> str:
    """A recipe as TOML.

    >>> from facegan.recipe import find_recipe
    >>> print(write_recipe(find_recipe("paper")).splitlines()[0])
    name = "paper"
    """
    return "\n".join(_table(recipe.to_dict(), "")).strip() + "\n"


def with_values(recipe: Recipe, *assignments: str) -> Recipe:
    """A recipe with some values changed.

    Args:
        recipe: the recipe to start from.
        assignments: `"objective.editor.margin=2"`; the value is written as in TOML, names without quotes; `none`
            removes a part.

    Raises:
        FaceganError: no such key, or a value that is not allowed.
    """
    values = recipe.to_dict()
    for assignment in assignments:
        path, equals, text = assignment.partition("=")
        if not equals:
            raise FaceganError(f"'{assignment}' is not an assignment; write key=value, as in objective.editor.margin=2")
        *names, key = path.strip().split(".")
        table = values
        for name in names:
            table = table.setdefault(name, {})
            if not isinstance(table, dict):
                raise FaceganError(f"'{path}' is not a key: '{name}' is a single value")
        if key == "kind":
            # A part of another kind has other fields.
            table.clear()
        if text.strip() == "none":
            table[key] = None
            continue
        try:
            table[key] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            table[key] = text.strip()
    return Recipe.from_dict(values)


def _table(values: Mapping[str, Any], path: str) -> Iterator[str]:
    """The lines of a table: its own values first, then its tables."""
    for key, value in values.items():
        if not isinstance(value, Mapping):
            # JSON's strings, numbers, booleans and lists of them are valid TOML.
            yield f"{key} = {json.dumps(value)}"
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield ""
            yield f"[{path}{key}]"
            yield from _table(value, f"{path}{key}.")
