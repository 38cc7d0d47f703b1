"""How the networks of a run began: with random weights or those of a trained model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from facegan.models.facegan import FaceGAN


@dataclass(frozen=True)
class Beginning:
    """What a run took from a trained model.

    Attributes:
        images_before: the photos that earlier runs trained on.
        random_networks: the networks that began with random weights, at least in part.
        new_attributes: those that the trained model did not have.
        grown: whether the trained model was of half the size.
    """

    images_before: int
    random_networks: tuple[str, ...]
    new_attributes: tuple[str, ...] = ()
    grown: bool = False

    @classmethod
    def of_new(cls, networks: FaceGAN) -> Self:
        """The beginning of networks that all have random weights."""
        return cls(0, tuple(networks.subnetworks))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_dict` returned; further keys are ignored."""
        random, new = tuple(data["random_networks"]), tuple(data["new_attributes"])
        return cls(data["images_before"], random, new, data["grown"])

    def to_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}
