"""Model files: where they are and what they contain, read without a backend."""

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.recipe import Recipe

MODEL_FILE = "model.keras"
# The default folder of a run, and the model that is used without one.
RUN = "run"
PACKAGED = "celeba128"
PACKAGE_FOLDER = Path(__file__).parent / "pretrained"
# The graphs that a model is exported to.
GRAPHS = ("generator", "editor", "attribute_finder")
_CLASS = "facegan>FaceGAN"
_SIZES = (32, 64, 128, 256)
# Of `config.json`: a model's own takes a few kilobytes.
_LARGEST_CONFIG = 16 * 2**20


def find_model(path: str | Path | None = None) -> Path:
    """Finds the model file that `path` means.

    Args:
        path: a file; the folder of a run, which contains `model.keras`; the name of a packaged model (`celeba128`); or
            None, for the run in the folder `run` if there is one, otherwise the packaged model.

    Raises:
        FaceganError: there is none.
    """
    if path is None:
        path = RUN if (Path(RUN) / MODEL_FILE).exists() else PACKAGED
    file = Path(path) / MODEL_FILE if Path(path).is_dir() else Path(path)
    if not file.exists():
        packaged = {file.stem: file for file in PACKAGE_FOLDER.glob("*.keras")}
        if str(path) in packaged:
            return packaged[str(path)]
        raise FaceganError(
            f"there is no model at {file}; train one with `facegan train`, or name another"
            f" (packaged: {', '.join(sorted(packaged))})"
        )
    return file


def describe(path: str | Path | None = None) -> dict[str, Any]:
    """Reads and checks the description of a model file, without loading the networks.

    Args:
        path: as for `find_model`.

    Returns:
        A dictionary: `recipe`, `image_size`, `attribute_names`, `columns`, `combinations` and `record`.

    Raises:
        FaceganError: no such file, not a facegan model, one of an earlier version, or one with contents that are not
            valid.
    """
    file = find_model(path)
    try:
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("config.json").file_size > _LARGEST_CONFIG:
                raise ValueError("its config is too large")
            config = json.loads(archive.read("config.json"))
    except (OSError, ValueError, KeyError, RuntimeError, RecursionError, zipfile.BadZipFile) as error:
        raise FaceganError(f"{file} is not a facegan model") from error
    if not isinstance(config, dict) or config.get("registered_name") != _CLASS:
        raise FaceganError(f"{file} is a Keras model, but not one of facegan's")
    described = config.get("config")
    if isinstance(described, dict) and "preset" in described:
        raise FaceganError(f"{file} was written by an earlier version of facegan; train it again")
    try:
        return _checked(described)
    except FaceganError as error:
        raise FaceganError(f"{file} is not a valid model: {error}") from error


def read_graphs(file: Path) -> dict[str, bytes] | None:
    """Returns the contents of the exported graphs that a model file holds, by their names; None if it holds none."""
    if not holds_graphs(file):
        return None
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(graph_path(name)) for name in GRAPHS}


def holds_graphs(path: str | Path | None = None) -> bool:
    """Whether a model, as for `find_model`, can be used without Keras. False, too, if there is no such model."""
    try:
        with zipfile.ZipFile(find_model(path)) as archive:
            return {graph_path(name) for name in GRAPHS} <= set(archive.namelist())
    except (FaceganError, OSError, zipfile.BadZipFile):
        return False


def graph_path(name: str) -> str:
    """The place of an exported graph in a model file."""
    return f"graphs/{name}.onnx"


def _checked(described: Any) -> dict[str, Any]:
    """A model's description. Raises `FaceganError` unless it has the right types, ranges and lengths."""
    if not isinstance(described, Mapping):
        raise FaceganError("its description is missing")
    rules = {
        "recipe": lambda value: isinstance(value, Mapping),
        "image_size": lambda value: type(value) is int and value in _SIZES,
        "attribute_names": _are_names,
        "columns": _are_names,
        "combinations": lambda value: isinstance(value, Mapping) and bool(value),
        "record": _is_record,
    }
    for name, holds in rules.items():
        if not holds(described.get(name)):
            raise FaceganError(f"its {name.replace('_', ' ')} is not valid")
    Recipe.from_dict(described["recipe"])
    length = len(Attributes(described["attribute_names"], described["columns"]))
    for bits, count in described["combinations"].items():
        if len(bits) != length or set(bits) - {"0", "1"} or type(count) is not int or count < 1:
            raise FaceganError("its combinations are not valid")
    return dict(described)


def _is_record(value: Any) -> bool:
    """Whether a training's record has what `facegan info` prints."""
    if not isinstance(value, Mapping):
        return False
    data, settings, history = (value.get(name) for name in ("data", "settings", "history"))
    return (
        isinstance(data, Mapping)
        and isinstance(data.get("parts"), Mapping)
        and isinstance(data.get("source"), Mapping)
        and {"name", "terms"} <= set(data["source"])
        and isinstance(settings, Mapping)
        and {"precision", "batch_size", "seed"} <= set(settings)
        and isinstance(history, list | tuple)
        and type(value.get("images_seen")) is int
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(name, str) for name in value)
