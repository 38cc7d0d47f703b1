"""A model's networks in use, whatever computes them: arrays in, arrays out."""

from collections.abc import Mapping
from typing import Any, Protocol

from numpy.typing import NDArray

from facegan.graphs import Graph


class Networks(Protocol):
    """What a `FaceModel` asks of its networks. All arrays are float32.

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
    """Networks exported to graphs, which `facegan.exporting` made: no Keras and no backend is imported.

    Args:
        description: of the model.
        graphs: `generator`, `editor` and `attribute_finder`.
    """

    def __init__(self, description: Mapping[str, Any], graphs: Mapping[str, Graph]) -> None:
        self.description = description
        self._graphs = graphs

    def generate(self, noise: NDArray, condition: NDArray) -> NDArray:
        """As `Networks.generate`."""
        return self._graphs["generator"](noise=noise, condition=condition)["images"]

    def edit(self, images: NDArray, source: NDArray, target: NDArray) -> NDArray:
        """As `Networks.edit`."""
        return self._graphs["editor"](images=images, source=source, target=target)["edited"]

    def likelihoods(self, images: NDArray, conditions: NDArray) -> NDArray:
        """As `Networks.likelihoods`."""
        return self._graphs["attribute_finder"](images=images, conditions=conditions)["likelihoods"]
