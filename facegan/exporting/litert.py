"""Graphs for LiteRT (TensorFlow Lite): phones, small devices and browsers."""

import io
import json
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from facegan.errors import FaceganError
from facegan.exporting.program import Program

SUFFIX = ".tflite"
METADATA = "facegan.json"


def convert(program: Program, metadata: Mapping[str, Any], half: bool) -> bytes:
    """Converts a program to the contents of a LiteRT file.

    Args:
        program: the program.
        metadata: the file's metadata. By the format's convention for associated files, it is stored in a ZIP archive
            after the graph, as the file `METADATA`; runtimes ignore it.
        half: whether weights are stored as 16-bit floats; computation is in 32 bits.
    """
    import tensorflow as tf

    kept: dict[str, Any] = {
        "optimizations": [tf.lite.Optimize.DEFAULT],
        "target_spec": {"supported_types": [tf.float16]},
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.tflite"
        program.write(path, "litert", **(kept if half else {}))
        content = io.BytesIO(path.read_bytes())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(METADATA, json.dumps(metadata, ensure_ascii=False))
    return content.getvalue()


def run(content: bytes, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """Computes the outputs of a LiteRT file.

    Raises:
        FaceganError: the runtime is not installed.
    """
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ImportError as error:
        raise FaceganError('checking the exported graphs needs pip install "facegan[litert]"') from error
    return Interpreter(model_content=content).get_signature_runner()(**inputs)
