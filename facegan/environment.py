"""Settings of Keras and TensorFlow that other programs made, overridden before and after these are imported."""

import codecs
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from facegan.errors import FaceganError, first_line

BACKENDS = ("tensorflow", "jax")
# Settings of other programs that would change or break facegan's results, and the values that replace them.
_VARIABLES = {
    "TF_USE_LEGACY_KERAS": "0",
    "KERAS_NNX_ENABLED": "0",
    "KERAS_MAX_EPOCHS": None,
    "KERAS_MAX_STEPS_PER_EPOCH": None,
}
_SETTINGS = {"image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}
# The settings found, by name, for `facegan doctor`.
ignored: dict[str, Any] = {}


def prepare_environment() -> None:
    """Sets environment variables before Keras or ONNX Runtime is imported; the backend is TensorFlow by default."""
    if not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = "tensorflow"
    # Otherwise ONNX Runtime from 1.32 on sends telemetry, and keeps a device identifier in the home folder.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    for name, value in _VARIABLES.items():
        if os.environ.get(name, value) == value:
            continue
        ignored[name] = os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


def configure_keras() -> None:
    """Imports Keras and overrides the settings in a `keras.json`.

    Raises:
        FaceganError: the backend is neither TensorFlow nor JAX, or cannot be imported.
    """
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    if "keras" not in sys.modules and name not in BACKENDS:
        raise FaceganError(f"facegan runs on TensorFlow and JAX, not on '{name}'; unset KERAS_BACKEND")
    try:
        import keras
    except Exception as error:
        raise FaceganError(
            f"{name} cannot be imported: {first_line(error)}; install it, or select another backend with KERAS_BACKEND"
        ) from error
    if keras.backend.backend() not in BACKENDS:
        raise FaceganError(
            f"facegan runs on TensorFlow and JAX, but Keras was imported with {keras.backend.backend()};"
            " import facegan first, or set KERAS_BACKEND"
        )
    for setting, value in _SETTINGS.items():
        if getattr(keras.config, setting)() != value:
            getattr(keras.config, f"set_{setting}")(value)


def keras_json() -> dict[str, Any]:
    """The settings in the user's `keras.json` that differ from facegan's; an empty dictionary without one."""
    path = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
    with suppress(OSError, ValueError):
        content = json.loads(path.read_text("utf-8"))
        wanted = {**_SETTINGS, "backend": os.environ.get("KERAS_BACKEND")}
        return {name: content[name] for name, value in wanted.items() if content.get(name, value) != value}
    return {}


def ensure_streams() -> None:
    """Makes stdout and stderr accept everything that is printed.

    Closed streams, as under cron, are opened; otherwise the next file would get their descriptors. Characters that the
    encoding lacks are escaped; file names that are not valid text keep their bytes.
    """
    codecs.register_error("facegan", _escape)
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            nowhere = os.open(os.devnull, os.O_RDWR)
            os.dup2(nowhere, descriptor)
            if nowhere > 2:
                os.close(nowhere)
        if getattr(sys, name) is None:
            setattr(sys, name, open(descriptor, "w", encoding="utf-8", errors="replace", closefd=False))  # noqa: SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="facegan")


def _escape(error: UnicodeError) -> tuple[str | bytes, int]:
    try:
        return codecs.lookup_error("surrogateescape")(error)
    except UnicodeError:
        return codecs.lookup_error("backslashreplace")(error)
