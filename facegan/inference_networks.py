"""The interface of the networks in a `FaceModel`: arrays in, arrays out; and the exported graphs that implement it."""

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from facegan.errors import FaceganError
from facegan.graphs import Graph


class InferenceNetworks(Protocol):
    """The interface that `FaceModel` needs of its networks. All arrays are float32.

    Attributes:
        description: as `facegan.model_files.describe` returns it.
    """

    description: Mapping[str, Any]

    def generate(self, noise: NDArray, condition: NDArray) -> NDArray:
        """Generates faces `(batch, size, size, 3)` in -1..1 from noise `(batch, noise_size)` and conditions."""

    def edit(self, images: NDArray, source: NDArray, target: NDArray) -> NDArray:
        """Edits faces `(batch, size, size, 3)` in -1..1 from one condition `(batch, k)` towards another."""

    def likelihoods(self, images: NDArray, conditions: NDArray) -> NDArray:
        """The logarithms `(batch, count)` of how likely each of `(count, k)` conditions is for each face."""


class ExportedNetworks:
    """Networks exported by `facegan.exporting`, computed without importing Keras or a backend.

    Args:
        description: of the model.
        graphs: `generator`, `editor` and `attribute_finder`.

    All methods raise `FaceganError` if a graph returns an array of another name, shape or type.
    """

    def __init__(self, description: Mapping[str, Any], graphs: Mapping[str, Graph]) -> None:
        self.description = description
        self._graphs = graphs

    def generate(self, noise: NDArray, condition: NDArray) -> NDArray:
        """As `InferenceNetworks.generate`."""
        size = self.description["image_size"]
        return self._compute("generator", "images", (len(noise), size, size, 3), noise=noise, condition=condition)

    def edit(self, images: NDArray, source: NDArray, target: NDArray) -> NDArray:
        """As `InferenceNetworks.edit`."""
        return self._compute("editor", "edited", images.shape, images=images, source=source, target=target)

    def likelihoods(self, images: NDArray, conditions: NDArray) -> NDArray:
        """As `InferenceNetworks.likelihoods`."""
        shape = len(images), len(conditions)
        return self._compute("attribute_finder", "likelihoods", shape, images=images, conditions=conditions)

    def _compute(self, name: str, output: str, shape: tuple[int, ...], **inputs: NDArray) -> NDArray:
        found = self._graphs[name](**inputs).get(output)
        if found is None or found.shape != shape or found.dtype != "float32":
            raise FaceganError(f"an exported graph is damaged: the {name} computes something else")
        return found
