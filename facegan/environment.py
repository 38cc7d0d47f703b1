"""What others have set for Keras and TensorFlow, put right for facegan: before they are imported, and afterwards."""

import codecs
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from facegan.errors import FaceganError

BACKENDS = ("tensorflow", "jax")
# Other programs' settings that would change or break what facegan computes, and what they are set to instead.
_VARIABLES = {
    "TF_USE_LEGACY_KERAS": "0",
    "KERAS_NNX_ENABLED": "0",
    "KERAS_MAX_EPOCHS": None,
    "KERAS_MAX_STEPS_PER_EPOCH": None,
}
_SETTINGS = {"image_data_format": "channels_last", "floatx": "float32", "epsilon": 1e-7}
# What was found, by name, for `facegan doctor`.
ignored: dict[str, Any] = {}


def prepare_environment() -> None:
    """Sets environment variables before Keras or ONNX Runtime is imported; the backend is TensorFlow by default."""
    if not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = "tensorflow"
    # From 1.32 on, ONNX Runtime otherwise reports its use, and keeps a device identifier in the home folder.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    for name, value in _VARIABLES.items():
        if os.environ.get(name, value) == value:
            continue
        ignored[name] = os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


def configure_keras() -> None:
    """Imports Keras and sets aside what a `keras.json` says.

    Raises:
        FaceganError: the backend is another than TensorFlow and JAX, or cannot be imported.
    """
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    if "keras" not in sys.modules and name not in BACKENDS:
        raise FaceganError(f"facegan runs on TensorFlow and JAX, not on '{name}'; unset KERAS_BACKEND")
    try:
        import keras
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise FaceganError(f"{name} cannot be imported: {reason}; install it, or choose with KERAS_BACKEND") from error
    if keras.backend.backend() not in BACKENDS:
        raise FaceganError(
            f"facegan runs on TensorFlow and JAX, but Keras was imported with {keras.backend.backend()};"
            " import facegan first, or set KERAS_BACKEND"
        )
    for setting, value in _SETTINGS.items():
        if getattr(keras.config, setting)() != value:
            getattr(keras.config, f"set_{setting}")(value)


def keras_json() -> dict[str, Any]:
    """What the user's `keras.json` says differently; an empty dictionary without one."""
    path = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"
    with suppress(OSError, ValueError):
        content = json.loads(path.read_text("utf-8"))
        wanted = {**_SETTINGS, "backend": os.environ.get("KERAS_BACKEND")}
        return {name: content[name] for name, value in wanted.items() if content.get(name, value) != value}
    return {}


def ensure_streams() -> None:
    """Makes stdout and stderr take all that is printed.

    They are opened where they are closed, as under cron: else the next file would get their descriptors. What their
    encoding lacks is escaped; names of files that are no text keep their bytes.
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
