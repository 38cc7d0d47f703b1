"""Exports a model's graphs to separate files, or to a model file, where facegan itself uses them."""

import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from facegan.errors import FaceganError
from facegan.exporting import litert, onnx
from facegan.exporting.model import metadata, programs
from facegan.files import atomic_write
from facegan.model_card import model_card
from facegan.model_files import GRAPHS, describe, find_model, graph_path, read_weights
from facegan.models.saving import load_networks
from facegan.progress import progress_bar

RUNTIMES: dict[str, Any] = {"onnx": onnx, "litert": litert}
# The format of a model file that contains ONNX graphs.
MODEL = "keras"
# The number of faces with which a graph is compared with the Keras networks.
_COMPARED = 4


@dataclass(frozen=True)
class ExportedGraph:
    """An exported graph that was tested in its runtime.

    Attributes:
        path: the file that contains it.
        name: one of `GRAPHS`.
        size: in bytes, without the weights that it refers to.
        difference: the largest difference from the outputs of Keras for a few faces: in grey levels, 0 to 255, or in
            log-likelihood.
    """

    path: Path
    name: str
    size: int
    difference: float

    def __str__(self) -> str:
        unit = "in log-likelihood" if self.name == "attribute_finder" else "grey levels"
        return f"{self.path}: {self.name}, {self.size / 1e6:.2f} MB, differs from Keras by {self.difference:.2g} {unit}"


def export(
    model: str | Path | None,
    out: str | Path,
    format: str = "onnx",
    precision: str | None = None,
    overwrite: bool = False,
) -> list[ExportedGraph]:
    """Exports a model's generator, editor and attribute finder as graphs, and tests each in its runtime.

    Args:
        model: as for `find_model`.
        out: a folder for one file per graph; for the format `"keras"` the file to write, which may be the model's own.
        format: `"onnx"`, `"litert"`, or `"keras"` for a copy of the model file that also contains its graphs.
        precision: of weights, `"float32"` or `"float16"`; by default `"float16"` in a model file, whose own weights
            have the same precision, otherwise `"float32"`.
        overwrite: whether to replace files.

    Raises:
        FaceganError: no such model, a backend other than TensorFlow, or a file that exists or cannot be written.
    """
    file, description, out = find_model(model), describe(model), Path(out)
    paths = {name: out if format == MODEL else out / f"{name}{RUNTIMES[format].SUFFIX}" for name in GRAPHS}
    for path in paths.values():
        if path.exists() and not overwrite:
            raise FaceganError(f"{path} exists; --overwrite replaces it")
    if keras.backend.backend() != "tensorflow":
        raise FaceganError("export needs TensorFlow: set KERAS_BACKEND=tensorflow")
    runtime = onnx if format == MODEL else RUNTIMES[format]
    half = (precision or ("float16" if format == MODEL else "float32")) == "float16"
    about = model_card(file)
    # A model file contains each weight once.
    shared = {"weights": read_weights(file)} if format == MODEL else {}
    contents: dict[str, bytes] = {}
    exported, inputs = [], _inputs(description)
    with progress_bar(programs(load_networks(file, "float32")).items(), "exporting graphs") as bar:
        for name, program in bar:
            content = runtime.convert(program, metadata(name, program, description, about), half, **shared)
            given = {each: inputs[each] for each in program.signature}
            expected, found = program.compute(**given), runtime.run(content, given, **shared)
            inputs |= expected if name == "generator" else {}
            difference = max(float(np.abs(found[each] - expected[each]).max()) for each in expected)
            # Images are in -1..1.
            difference *= 1 if name == "attribute_finder" else 127.5
            exported.append(ExportedGraph(paths[name], name, len(content), difference))
            contents[name] = content
    if format == MODEL:
        _write_model(file, out, contents)
    else:
        for name, content in contents.items():
            with atomic_write(paths[name]) as temporary:
                temporary.write_bytes(content)
    return exported


def add_graphs(file: Path) -> None:
    """Adds graphs to a trained model's file, so that it runs without Keras; JAX cannot export, so it does nothing."""
    if keras.backend.backend() == "tensorflow":
        export(file, file, MODEL, overwrite=True)


def _inputs(description: dict[str, Any]) -> dict[str, NDArray[np.float32]]:
    """Inputs for the comparison, by name; the images are generated from the noise and conditions."""
    random = np.random.default_rng(0)
    conditions = np.array([[float(bit) for bit in bits] for bits in description["combinations"]], "float32")
    source, target = (conditions[random.integers(len(conditions), size=_COMPARED)] for _ in range(2))
    noise_size = description["recipe"]["networks"]["generator"]["noise_size"]
    noise = random.standard_normal((_COMPARED, noise_size), "float32")
    return {"noise": noise, "condition": source, "source": source, "target": target, "conditions": conditions}


def _write_model(file: Path, out: Path, graphs: dict[str, bytes]) -> None:
    """Writes a copy of a model file with these graphs, which replace any that it had."""
    contents = {graph_path(name): content for name, content in graphs.items()}
    with atomic_write(out) as temporary, zipfile.ZipFile(file) as old, zipfile.ZipFile(temporary, "w") as new:
        for entry in old.infolist():
            if entry.filename not in contents:
                new.writestr(entry, old.read(entry))
        for path, content in contents.items():
            new.writestr(path, content, zipfile.ZIP_DEFLATED)
