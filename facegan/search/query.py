"""Queries, and the faces of an index ranked by them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from facegan import identity
from facegan.attributes import Attributes
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.images import ImageSource, open_image
from facegan.inference import FaceModel
from facegan.photos.photo import blend_faces, select_faces
from facegan.search.embedding import embed, portrait
from facegan.search.store import Index, IndexedFace

ATTRIBUTES, IDENTITY = "attributes", "identity"
# The score, one minus the distance of descriptors, from which faces count as the same person.
SAME_PERSON_SCORE = 1 - identity.SAME_PERSON
# The smallest probability of a value, so that no single prediction outweighs all others.
_LEAST = 1e-3


@dataclass(frozen=True)
class Query:
    """A query.

    Attributes:
        by: `"attributes"` or `"identity"`.
        vector: weights of the attributes' values `(k,)`, 0 for attributes that do not matter; or a descriptor `(128,)`.
        face: the queried face; None for a description.
    """

    by: str
    vector: np.ndarray
    face: Image.Image | None = None


@dataclass(frozen=True)
class Match:
    """A face that was found.

    Attributes:
        score: by attributes, the probability that the face has all of them; by identity, 1 minus the distance of the
            descriptors: 1 for the same image, and `SAME_PERSON_SCORE` or more for the same person.
        photo: the path of its photo.
        face: the face.
    """

    score: float
    photo: Path
    face: IndexedFace


def description(attributes: Attributes, wishes: Mapping[str, str]) -> Query:
    """Returns the query for faces with these attributes."""
    return Query(ATTRIBUTES, np.array([wishes.get(name) == value for name, value in attributes.every_value()], "f4"))


def likeness(
    model: FaceModel, image: ImageSource, edit: Edit, which: int | None = None, by: str | None = None
) -> Query:
    """Returns the query for faces like the one in an image.

    Args:
        model: the model, which edits the face and predicts its attributes.
        image: a photo or a generated face, as for `images.load_image`.
        edit: an edit to apply first; the requested attributes count as present.
        which: the number of the face, 1 for the largest, which is the default.
        by: `"attributes"` or `"identity"`; by default the latter if the extra `identity` is installed.

    Raises:
        FaceganError: no such face, or search by identity without the extra.
    """
    by = by or (IDENTITY if identity.available() else ATTRIBUTES)
    if by == IDENTITY and not identity.available():
        raise FaceganError('search by identity needs dlib: pip install "facegan[identity]"')
    photo = open_image(image)
    # Generated faces have exactly this size, and in one of thirty the eyes are slightly out of place.
    aligned = True if photo.size == (model.size, model.size) else None
    (face,), _ = select_faces(photo, model.size, which, image, aligned)
    crop = face.crop
    if edit.wishes:
        photo = blend_faces(photo, [face], [model.edit(crop, edit)])
        crop = face.alignment.crop(photo, model.size)
    shown = portrait(photo, face)
    embedded = embed(model, [crop], [shown])
    if by == IDENTITY:
        assert embedded.identity is not None, "dlib is installed"
        return Query(by, embedded.identity[0], shown)
    wished = [edit.wishes.get(name, value) == value for name, value in model.attributes.every_value()]
    named = [name in edit.wishes for name, _ in model.attributes.every_value()]
    return Query(by, np.where(named, wished, embedded.attributes[0]).astype("f4"), shown)


def likeliest(attributes: Attributes, face: IndexedFace) -> dict[str, str]:
    """Returns the most probable value of each attribute of a face."""
    probable: dict[str, tuple[float, str]] = {}
    for (name, value), share in zip(attributes.every_value(), face.attributes.tolist(), strict=True):
        probable[name] = max(probable.get(name, (-1.0, "")), (share, value))
    return {name: value for name, (_, value) in probable.items()}


def find(index: Index, query: Query, count: int) -> list[Match]:
    """Returns the faces that match a query best, the best first.

    Raises:
        FaceganError: the index has no face, or none with the embedding that the query compares.
    """
    with index.snapshot():
        faces, vectors = index.vectors(query.by)
        if not len(faces):
            missing = "no descriptors" if query.by == IDENTITY and index.count()[1] else "no faces"
            raise FaceganError(f"{index.path} has {missing}; add them with `facegan index`")
        scores = _scores(query, vectors)
        return [
            Match(float(scores[place]), *index.face(int(faces[place])))
            for place in np.argsort(-scores, kind="stable")[:count]
        ]


def _scores(query: Query, vectors: np.ndarray) -> np.ndarray:
    """A score for each of the vectors, larger for better matches."""
    if query.by == ATTRIBUTES:
        return np.exp(np.log(np.maximum(vectors, _LEAST)) @ query.vector)
    squares = np.einsum("ij,ij->i", vectors, vectors) - 2 * vectors @ query.vector + query.vector @ query.vector
    return 1 - np.sqrt(np.maximum(squares, 0))
