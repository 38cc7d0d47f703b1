"""A conditional face GAN: describe a face and generate it, then edit it, or edit a photo.

The names in `dir(facegan)` are public. Importing the package imports neither Keras nor a backend.

>>> import facegan
>>> facegan.Attributes(["glasses", "hair"]).parse("glasses=1, blond")
{'glasses': '1', 'hair': 'blond'}
>>> model = facegan.load()                           # doctest: +SKIP
>>> face = model.generate("female, young, glasses")  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from facegan.environment import prepare_environment

if TYPE_CHECKING:
    from facegan.api import evaluate, prepare, train
    from facegan.attributes import Attributes
    from facegan.errors import FaceganError
    from facegan.inference import FaceModel, load
    from facegan.recipe import Recipe

__version__ = "0.1.0"

__all__ = ["Attributes", "FaceModel", "FaceganError", "Recipe", "__version__", "evaluate", "load", "prepare", "train"]

prepare_environment()

_MODULES = {
    "Attributes": "attributes",
    "FaceModel": "inference",
    "FaceganError": "errors",
    "Recipe": "recipe",
    "evaluate": "api",
    "load": "inference",
    "prepare": "api",
    "train": "api",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module 'facegan' has no attribute '{name}'")
    value = getattr(import_module(f"facegan.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
