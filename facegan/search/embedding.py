"""Embeddings by which faces are compared: probabilities of attribute values, and dlib's descriptor."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from facegan import identity
from facegan.images import to_array
from facegan.inference import FaceModel
from facegan.photos.photo import PhotoFace


@dataclass(frozen=True)
class Embeddings:
    """Embeddings of faces.

    Attributes:
        attributes: `(count, k)` float32, as `FaceModel.probabilities_of` returns them.
        identity: `(count, 128)` float32, dlib's descriptors; None without the extra `identity`.
    """

    attributes: np.ndarray
    identity: np.ndarray | None


def portrait(photo: Image.Image, face: PhotoFace) -> Image.Image:
    """Returns a face for the identity network, with more detail from the photo than the model's crop."""
    return face.alignment.crop(photo, identity.SIDE)


def embed(model: FaceModel, crops: Sequence[Image.Image], portraits: Sequence[Image.Image]) -> Embeddings:
    """Embeds faces, at least one.

    Args:
        model: the model, which predicts the attributes.
        crops: the faces, aligned, of the model's size.
        portraits: `portrait` of the same faces.
    """
    descriptors = identity.descriptors(to_array(portraits)).astype("float32") if identity.available() else None
    return Embeddings(model.probabilities_of(list(crops)), descriptors)
