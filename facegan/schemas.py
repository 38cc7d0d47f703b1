"""JSON schemas that validate the files facegan reads, which may be untrusted."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from facegan.errors import FaceganError

Schema = dict[str, Any]


def _record(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required)}


def _integer(low: int, high: int = 2**63 - 1) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _list(items: Schema, fewest: int = 0, most: int = 100_000) -> Schema:
    return {"type": "array", "items": items, "minItems": fewest, "maxItems": most}


def _table(values: Schema, fewest: int = 0, keys: str = "") -> Schema:
    return {
        "type": "object",
        "additionalProperties": values,
        "propertyNames": {"pattern": keys, "maxLength": 1000},
        "minProperties": fewest,
        "maxProperties": 100_000,
    }


_ANY: Schema = {}
_NUMBER: Schema = {"type": "number"}
_TEXT: Schema = {"type": "string", "maxLength": 10_000}
_OBJECT: Schema = {"type": "object"}
_SIZE: Schema = {"type": "integer", "enum": [32, 64, 128, 256]}
_NAMES = _list({"type": "string", "minLength": 1, "maxLength": 1000}, 1, 1000)
_SOURCE = _record({"name": _TEXT, "terms": _TEXT}, {"kind": _TEXT, "sources": _list(_record({"name": _TEXT}), 1, 255)})
_EPOCH = _record({"images": _integer(0), "images_per_second": _NUMBER, "losses": _table(_NUMBER)})
_SETTINGS = {"precision": {"enum": ["float32", "bfloat16"]}, "seed": _integer(0)}
_GROW = {"grow": {"type": "boolean"}}
_HISTORY = _list(_EPOCH)
_DATA = _record({"splits": _table(_integer(0)), "source": _SOURCE})
# The start of a run.
_BEGINNING = {
    "images_before": _integer(0),
    "random_networks": _list(_TEXT),
    "new_attributes": _list(_TEXT),
    "grown": {"type": "boolean"},
}

# What `facegan evaluate` writes.
FIGURES = _record({"figures": _table({"type": ["number", "null"]})})
# The description in a model file.
MODEL = _record(
    {
        "recipe": _OBJECT,
        "image_size": _SIZE,
        "attribute_names": _list({"type": "string"}, 1, 64),
        "columns": _NAMES,
        "combinations": _table(_integer(1, 2**53), 1, keys="^[01]+$"),
        "record": _record(
            {"data": _DATA, "settings": _record(_SETTINGS, _GROW), "images_seen": _integer(0), "history": _HISTORY},
            _BEGINNING,
        ),
    }
)
# The description in a checkpoint.
CHECKPOINT = _record(
    {
        "step": _integer(0),
        "images": _integer(1),
        "data": _DATA,
        "settings": {
            **_record({**_SETTINGS, "recipe": _OBJECT, "attributes": _list({"type": "string"}, 1, 64)}, _GROW),
            "additionalProperties": False,
        },
        "history": _HISTORY,
        "current": _record({"steps": _integer(0), "seconds": _NUMBER, "sums": _table(_NUMBER)}),
        **_BEGINNING,
    },
    {"pixels": _TEXT, "pretraining_step": _integer(0)},
)
# The description in a judge's file.
JUDGE = _record(
    {
        "image_size": _SIZE,
        "columns": _NAMES,
        "thresholds": _list(_NUMBER, 1, 1000),
        "data": {"type": ["object", "null"]},
        "version": _integer(0),
        "input_size": {**_integer(32, 512), "multipleOf": 32},
    }
)
# The description of the model in an index.
INDEX = _record({"model": _TEXT, "attribute_names": _list({"type": "string"}, 1, 64), "columns": _NAMES})
# The provenance in an image.
PROVENANCE = _record(
    {},
    {
        "command": _TEXT,
        "attrs": _TEXT,
        "count": _integer(1, 10_000),
        "seed": _integer(0, 2**128 - 1),
        "then": _list(_TEXT, most=64),
    },
)
# `prepared.json` of a data set, and `plan.json` of an unfinished one.
PREPARED = _record(
    {
        "format": _ANY,
        "size": _SIZE,
        "columns": {**_NAMES, "uniqueItems": True},
        "count": _integer(1),
        "source": _SOURCE,
        "splits": _table(_integer(0)),
        "left_out": _integer(0),
    }
)
PLAN = _record({"format": _ANY})


def parse_json(text: str | bytes, schema: Schema) -> Any:
    """Parses JSON from a file and checks it.

    Raises:
        FaceganError: it is not JSON, contains NaN or an infinite number, or violates the schema. The message is one
            line without the contents, which may be long.
    """
    try:
        value = json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise FaceganError("it holds no valid JSON") from error
    return check(value, schema)


def check(value: Any, schema: Schema) -> Any:
    """Returns a value if it matches a schema; otherwise raises a `FaceganError` that names the invalid entry.

    >>> check({"count": 0}, PROVENANCE)
    Traceback (most recent call last):
    facegan.errors.FaceganError: its count is not valid
    """
    wrong = next(_validator(json.dumps(schema)).iter_errors(value), None)
    if wrong is not None:
        place = ".".join(map(str, wrong.absolute_path)).replace("_", " ")
        raise FaceganError(f"its {place[:60] or 'description'} is not valid")
    return value


@lru_cache
def _validator(schema: str) -> Any:
    from jsonschema import Draft202012Validator, validators

    # For JSON Schema, 1.0 is an integer; for Python's `range`, it is not.
    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda checker, value: type(value) is int)
    return validators.extend(Draft202012Validator, type_checker=types)(json.loads(schema))


def _refuse(constant: str) -> float:
    raise ValueError(f"{constant} is not a number in JSON")
