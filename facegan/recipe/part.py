"""A part of a recipe: a frozen dataclass that validates its values, and its conversion to a dictionary."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from facegan.attributes import did_you_mean
from facegan.errors import FaceganError


def number(default: float, low: float | None = None, high: float | None = None, *, above: float | None = None) -> Any:
    """A field for a number, an integer where `default` is one: at least `low`, at most `high`, greater than `above`."""
    return dataclasses.field(default=default, metadata={"low": low, "high": high, "above": above})


def numbers(*default: int) -> Any:
    """A field for several positive integers."""
    return dataclasses.field(default=default, metadata={"several": True})


def choice(default: Any, *others: Any) -> Any:
    """A field for one of a few values."""
    return dataclasses.field(default=default, metadata={"choices": (default, *others)})


def switch(default: bool) -> Any:
    """A field that is true or false."""
    return choice(default, not default)


def part(default: "Part | None", *kinds: "type[Part]") -> Any:
    """A field for a part of one of these kinds, or for None where `default` is None."""
    return dataclasses.field(default=default, metadata={"kinds": kinds, "optional": default is None})


@dataclasses.dataclass(frozen=True)
class Part:
    """The base class of all parts.

    Raises:
        FaceganError: a value that its field does not allow.
    """

    kind: ClassVar[str] = ""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            # Lists come from TOML and JSON.
            if isinstance(value := getattr(self, field.name), list):
                object.__setattr__(self, field.name, tuple(value))
            if problem := _problem(field, getattr(self, field.name)):
                raise FaceganError(f"{field.name} {problem}. Received: {value!r}")

    def to_dict(self) -> dict[str, Any]:
        """Returns the part as nested dictionaries of plain values, without parts that are None."""
        values: dict[str, Any] = {"kind": self.kind} if self.kind else {}
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Part):
                values[field.name] = value.to_dict()
            elif value is not None:
                values[field.name] = list(value) if isinstance(value, tuple) else value
        return values

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], path: str = "") -> Self:
        """Returns the part for a result of `to_dict`; missing fields have their defaults.

        Args:
            values: nested dictionaries.
            path: their position in the recipe, for messages: `"objective."`.

        Raises:
            FaceganError: an unknown key, or a value that its field does not allow.
        """
        fields = {field.name: field for field in dataclasses.fields(cls)}
        arguments = {}
        for key, value in values.items():
            if key == "kind" and cls.kind:
                continue
            if key not in fields:
                raise FaceganError(f"unknown key '{path}{key}'" + did_you_mean(key, fields))
            kinds = fields[key].metadata.get("kinds")
            if kinds and value is not None:
                value = _part_from_dict(kinds, value, f"{path}{key}.")
            arguments[key] = value
        for name, field in fields.items():
            if field.default is dataclasses.MISSING and name not in arguments:
                raise FaceganError(f"{path}{name} is missing")
        try:
            return cls(**arguments)
        except FaceganError as error:
            raise FaceganError(f"{path}{error}") from error


def _part_from_dict(kinds: "Sequence[type[Part]]", values: Any, path: str) -> "Part":
    if not isinstance(values, Mapping):
        raise FaceganError(f"{path[:-1]} must be a table. Received: {values!r}")
    by_name = {kind.kind: kind for kind in kinds}
    name = str(values.get("kind", next(iter(by_name))))
    if name not in by_name:
        raise FaceganError(f"unknown {path}kind '{name}'" + did_you_mean(name, by_name))
    return by_name[name].from_dict(values, path)


def _problem(field: dataclasses.Field, value: Any) -> str | None:
    """The problem with a value, or None."""
    rule = field.metadata
    if "kinds" in rule:
        allowed = isinstance(value, rule["kinds"]) or (value is None and rule["optional"])
        return None if allowed else "must be a part of the recipe"
    if "choices" in rule:
        # 1 equals True.
        allowed = value in rule["choices"] and isinstance(value, type(rule["choices"][0]))
        if set(rule["choices"]) == {True, False}:
            return None if allowed else "must be true or false"
        return None if allowed else f"must be one of {', '.join(map(repr, rule['choices']))}"
    if "several" in rule:
        allowed = isinstance(value, tuple) and value and all(type(item) is int and item > 0 for item in value)
        if not allowed:
            return "must be a list of positive integers"
        return None if len(value) <= 7 and max(value) <= 2048 else "must be at most 7 integers of at most 2048"
    if "low" in rule:
        return _number_problem(rule, value, isinstance(field.default, int))
    return None if isinstance(value, str) and value else "must be a name"


def _number_problem(rule: Mapping[str, Any], value: Any, integer: bool) -> str | None:
    if isinstance(value, bool) or not isinstance(value, int if integer else int | float):
        return f"must be {'an integer' if integer else 'a number'}"
    low, high, above = rule["low"], rule["high"], rule["above"]
    if not abs(value) < float("inf"):
        return "must be finite"
    if low is not None and value < low:
        return f"must be at least {low}"
    if above is not None and value <= above:
        return f"must be greater than {above}"
    if high is not None and value > high:
        return f"must be at most {high}"
    return None
