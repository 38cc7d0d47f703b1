"""ONNX Runtime for browsers: from a folder, or downloaded once from the npm registry, verified and cached."""

import base64
import hashlib
import io
import json
import os
import tarfile
import urllib.request
from pathlib import Path

from facegan.errors import FaceganError
from facegan.files import atomic_write

PACKAGE, VERSION = "onnxruntime-web", "1.22.0"
URL = f"https://registry.npmjs.org/{PACKAGE}/-/{PACKAGE}-{VERSION}.tgz"
SHA512 = "Ud/+EBo6mhuaQWt/OjaOk0iNWjXqJoeeMFr6xQEERZdIZH2OWpGzuujz7lfuOBjUa6TEE/sc4nb7Da5dNL34fg=="
# In the page's folder and in the package. The smallest build, without WebGL, WebGPU and WebNN.
FILES = {
    "onnxruntime.js": "dist/ort.wasm.min.mjs",
    "ort-wasm-simd-threaded.mjs": "dist/ort-wasm-simd-threaded.mjs",
    "onnxruntime.wasm": "dist/ort-wasm-simd-threaded.wasm",
}
_PATIENCE = 30


def find_runtime(folder: Path | None = None) -> dict[str, bytes]:
    """Returns the contents of the runtime's files, by their names in the page's folder.

    Args:
        folder: the unpacked package, such as `node_modules/onnxruntime-web`; None to download the package, unless it is
            in the user's cache.

    Raises:
        FaceganError: the folder contains another version or none, or the package cannot be downloaded.
    """
    if folder is None:
        with tarfile.open(fileobj=io.BytesIO(_package())) as archive:
            members = {name: archive.extractfile(f"package/{path}") for name, path in FILES.items()}
            return {name: member.read() for name, member in members.items() if member}
    try:
        version = json.loads((folder / "package.json").read_text("utf-8"))["version"]
        if version != VERSION:
            raise FaceganError(f"{folder} holds {PACKAGE} {version}; the page needs {VERSION}")
        return {name: (folder / path).read_bytes() for name, path in FILES.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FaceganError(f"{folder} does not hold npm's package {PACKAGE} {VERSION}") from error


def _package() -> bytes:
    """The npm package, from the cache if it is there unchanged."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "facegan" / URL.rpartition("/")[2]
    if cache.is_file() and _is_package(content := cache.read_bytes()):
        return content
    try:
        with urllib.request.urlopen(URL, timeout=_PATIENCE) as response:
            content = response.read()
    # Besides OSError, http.client raises exceptions for truncated responses.
    except Exception as error:
        reason = getattr(error, "reason", error)
        raise FaceganError(
            f"cannot download {URL}: {reason}; use --runtime with a folder that contains the unpacked package"
        ) from error
    if not _is_package(content):
        raise FaceganError(f"{URL} has changed: its SHA-512 differs")
    with atomic_write(cache) as temporary:
        temporary.write_bytes(content)
    return content


def _is_package(content: bytes) -> bool:
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == SHA512
