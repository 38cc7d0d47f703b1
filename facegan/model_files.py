"""Finding and describing model files, without a backend."""

import hashlib
import json
import zipfile
from pathlib import Path
from typing import Any

from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.graphs import Graph
from facegan.recipe import Recipe
from facegan.schemas import JUDGE, MODEL, check

MODEL_FILE = "model.keras"
# The default folder of a run, and the model that is used if there is none.
RUN = "run"
PACKAGED = "celeba128"
PACKAGE_FOLDER = Path(__file__).parent / "pretrained"
# The graphs of an exported model.
GRAPHS = ("generator", "editor", "attribute_finder")
WEIGHTS = "model.weights.h5"
# Schemas of the descriptions in model files, by class.
_SCHEMAS = {"facegan>FaceGAN": MODEL, "facegan>Judge": JUDGE}
# In bytes: a model's own config takes a few kilobytes.
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


def digest(path: str | Path | None) -> str:
    """Returns the digest of a model's weights, which export does not change; `path` is as for `find_model`."""
    file = find_model(path)
    try:
        return hashlib.sha256(read_weights(file)).hexdigest()
    except Exception as error:
        raise FaceganError(f"{file} is damaged: its weights cannot be read") from error


def describe(path: str | Path | None = None) -> dict[str, Any]:
    """Reads and checks the description of a model file, without loading the networks.

    Args:
        path: as for `find_model`.

    Returns:
        A dictionary: `recipe`, `image_size`, `attribute_names`, `columns`, `combinations` and `record`.

    Raises:
        FaceganError: no such file, not a facegan model, a model of an earlier version, or invalid contents.
    """
    file = find_model(path)
    described = read_description(file, "facegan>FaceGAN")
    try:
        recipe = Recipe.from_dict(described["recipe"])
        length = len(Attributes(described["attribute_names"], described["columns"]))
        if any(len(bits) != length for bits in described["combinations"]):
            raise FaceganError("its combinations are not valid")
        fewest = recipe.networks.fewest_weights(described["image_size"])
        with zipfile.ZipFile(file) as archive:
            # At two bytes each. Otherwise a small file that describes huge networks would fill the memory.
            if WEIGHTS in archive.namelist() and archive.getinfo(WEIGHTS).file_size < 2 * fewest:
                raise FaceganError("it holds fewer weights than its networks have")
    except FaceganError as error:
        raise FaceganError(f"{file} is not a valid model: {error}") from error
    return described


def read_description(file: Path, kind: str) -> dict[str, Any]:
    """Reads the description in a `.keras` file, and checks it before anything is built from it.

    Args:
        file: the file.
        kind: the class that the file must contain: `"facegan>FaceGAN"` or `"facegan>Judge"`.

    Returns:
        The arguments of the class.

    Raises:
        FaceganError: the file contains something else, or is not valid.
    """
    try:
        if not file.is_file():
            raise ValueError("it is not a regular file")
        with zipfile.ZipFile(file) as archive:
            if archive.getinfo("config.json").file_size > _LARGEST_CONFIG:
                raise ValueError("its config is too large")
            config = json.loads(archive.read("config.json"))
    # zipfile and zlib raise all kinds of exceptions for damaged archives.
    except Exception as error:
        raise FaceganError(f"{file} is not a facegan model") from error
    if not isinstance(config, dict) or config.get("registered_name") != kind:
        raise FaceganError(f"{file} is a Keras model, but not one of facegan's")
    described: Any = config.get("config")
    schema = _SCHEMAS[kind]
    if isinstance(described, dict) and "preset" in described:
        raise FaceganError(f"{file} was written by an earlier version of facegan; train it again")
    try:
        check(described, schema)
    except FaceganError as error:
        raise FaceganError(f"{file} is not a valid model: {error}") from error
    return {name: described[name] for name in schema["properties"]}


def read_weights(file: str | Path) -> bytes:
    """Returns the contents of Keras's weight file in a model file.

    Raises:
        ValueError: they are compressed.
        Exception: any exception that zipfile and zlib raise for damaged archives.
    """
    with zipfile.ZipFile(file) as archive:
        # Keras does not compress them, and a few kilobytes of compressed zeros could fill the memory.
        if archive.getinfo(WEIGHTS).compress_type != zipfile.ZIP_STORED:
            raise ValueError("its weights are compressed")
        return archive.read(WEIGHTS)


def read_graphs(file: Path) -> dict[str, Graph] | None:
    """Returns the exported graphs in a model file by their names; None if it has none.

    Raises:
        FaceganError: the graphs or the weights are damaged or too large when decompressed.
    """
    if not holds_graphs(file):
        return None
    try:
        weights, size = read_weights(file), file.stat().st_size
        with zipfile.ZipFile(file) as archive:
            members = {name: archive.getinfo(graph_path(name)) for name in GRAPHS}
            if any(member.file_size > size for member in members.values()):
                raise ValueError("its graphs are too large")
            return {name: Graph(archive.read(member), weights) for name, member in members.items()}
    # zipfile and zlib raise all kinds of exceptions for damaged archives.
    except Exception as error:
        raise FaceganError(f"{file} is damaged: {error}") from error


def holds_graphs(path: str | Path | None = None) -> bool:
    """Whether a model, as for `find_model`, can be used without Keras. False if there is no such model."""
    try:
        with zipfile.ZipFile(find_model(path)) as archive:
            return {graph_path(name) for name in GRAPHS} <= set(archive.namelist())
    except (FaceganError, OSError, zipfile.BadZipFile):
        return False


def graph_path(name: str) -> str:
    """The path of an exported graph in a model file."""
    return f"graphs/{name}.onnx"
