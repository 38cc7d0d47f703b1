"""Exports a model as a static web page: the visitor's browser detects, aligns and edits faces."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facegan import __version__, photos
from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.files import atomic_write
from facegan.graphs import Graph
from facegan.model_files import describe, find_model, read_graphs
from facegan.provenance import NOTE, source_type, xmp_packet
from facegan.standard_attributes import Attribute
from facegan.web.runtime import find_runtime

_PAGE = Path(__file__).with_name("page")
# Networks that detect and align faces.
_PHOTO_GRAPHS = ("pnet", "rnet", "onet", "landmarks")


@dataclass(frozen=True)
class ExportedPage:
    """An exported page.

    Attributes:
        folder: the folder to serve.
        files: the size of each file in it, in bytes.
    """

    folder: Path
    files: dict[str, int]

    def __str__(self) -> str:
        size = sum(self.files.values()) / 1e6
        return f"{self.folder}: {size:.1f} MB; try it with python3 -m http.server --directory {self.folder}"


def export_page(
    model: str | Path | None, out: str | Path, runtime: Path | None = None, overwrite: bool = False
) -> ExportedPage:
    """Exports a model as a page that detects, aligns and edits faces in the visitor's browser.

    Args:
        model: as for `find_model`.
        out: the folder to write.
        runtime: as for `find_runtime`.
        overwrite: whether to replace files.

    Raises:
        FaceganError: no such model, or one without exported graphs; no runtime; or a file that exists or cannot be
            written.
    """
    file, description, out = find_model(model), describe(model), Path(out)
    if out.exists() and not (out.is_dir() and (overwrite or not any(out.iterdir()))):
        raise FaceganError(f"{out} exists" + ("; --overwrite replaces files in it" if out.is_dir() else ""))
    graphs = read_graphs(file)
    if graphs is None:
        raise FaceganError(
            f"{file} contains no graphs; add them with: facegan export {file} {file} --format keras --overwrite"
        )
    graphs |= {name: Graph(Path(photos.__path__[0], f"{name}.onnx")) for name in _PHOTO_GRAPHS}
    scripts = find_runtime(runtime)
    large = {f"{name}.onnx": graph.with_weights() for name, graph in graphs.items()}
    large["onnxruntime.wasm"] = scripts.pop("onnxruntime.wasm")
    # The page decompresses them itself, so that the server need not support compression.
    files = {f"{name}.gz": gzip.compress(content, mtime=0) for name, content in large.items()}
    about = _about(description) | {"bytes": {name: len(files[f"{name}.gz"]) for name in large}}
    files |= scripts | {"about.json": json.dumps(about, ensure_ascii=False).encode()}
    files |= {path.name: path.read_bytes() for path in _PAGE.iterdir()}
    for name, content in files.items():
        with atomic_write(out / name) as temporary:
            temporary.write_bytes(content)
    return ExportedPage(out, {name: len(content) for name, content in files.items()})


def _about(description: Mapping[str, Any]) -> dict[str, Any]:
    """The model's metadata for the page."""
    attributes = Attributes(description["attribute_names"], description["columns"])
    source = description["record"]["data"]["source"]
    return {
        "attributes": [_attribute(item, attributes.columns.index(item.columns[0])) for item in attributes.items],
        "columns": len(attributes),
        # Columns of which at most one is 1.
        "exclusive": np.flatnonzero(attributes.exclusive).tolist(),
        "combinations": [
            {"bits": [int(bit) for bit in bits], "count": count} for bits, count in description["combinations"].items()
        ],
        "size": description["image_size"],
        "noise": description["recipe"]["networks"]["generator"]["noise_size"],
        "model": description["recipe"]["name"],
        "data": source["name"],
        "licence": source["terms"],
        "software": f"facegan {__version__}",
        "note": NOTE,
        # The XMP packet before and after the provenance.
        "xmp": {
            command: xmp_packet(source_type({"command": command}), "…").split("…") for command in ("generate", "edit")
        },
    }


def _attribute(item: Attribute, start: int) -> dict[str, Any]:
    """An attribute with its names in both languages, and the index of its first column."""
    values = [
        {"value": value, "bits": item.bits(value)} | _names(item.phrase(value), item, value) for value in item.values
    ]
    about = {"name": item.name, "start": start, "values": values, "isChoice": len(item.values) > 2}
    return about | _names(item.name.replace("_", " ").capitalize(), item)


def _names(english: str, item: Attribute, value: str = "") -> dict[str, str]:
    return {"en": english, "zh": item.chinese.get(value, english)}
