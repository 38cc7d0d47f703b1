"""Edited copies of faces as training data, so that rare attributes become more frequent.

Person re-identification adds generated images in the same way (Zheng et al. 2017), but without labels; these copies
have the labels that the edit sets.
"""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from facegan.attributes import Attributes
from facegan.data.base import Source
from facegan.data.prepared import PreparedFaces
from facegan.data.split import SPLITS
from facegan.edits import Edit
from facegan.errors import FaceganError
from facegan.inference import FaceModel

KIND = "edited"


@dataclass(frozen=True)
class CopyReader:
    """Reads a face of the data set, or makes its edited copy.

    Attributes:
        faces: the data set.
        model: the model that edits.
        edit: the edit.
        rows: for the name of each face or copy, the row of the face.
        prefix: the prefix of the names of copies.
    """

    faces: PreparedFaces
    model: FaceModel
    edit: Edit
    rows: dict[str, int]
    prefix: str

    def __call__(self, name: str, size: int) -> Image.Image:
        """Returns the face; `size` is that of the data set."""
        row = self.rows[name]
        image = Image.fromarray(self.faces.faces[row])
        if not name.startswith(self.prefix):
            return image
        # If the model's prediction of the source attributes is wrong, the edit would change nothing.
        wished = Attributes(list(self.edit.wishes), self.faces.columns)
        present = wished.values(wished.select(self.faces.labels[[row]], self.faces.columns)[0])
        return self.model.edit(image, self.edit, source=self.model.conditions_of([image], present))


def add_edited_copies(
    faces: PreparedFaces, model: FaceModel, digest: str, edit: Edit, share: float, seed: int = 0
) -> Source:
    """Returns a source with all faces of a data set and edited copies of some of its training faces.

    Copies are training faces of the same person with the labels that the edit sets. They form a source of their own,
    named after the edit.

    Args:
        faces: the data set.
        model: of the same size.
        digest: the model's digest, from `model_files.digest`.
        edit: the edit; its attributes must be among the labels.
        share: the number of copies, relative to the number of training faces. Only faces that do not already have the
            requested labels are copied, so there may be fewer.
        seed: of the choice of faces.

    Raises:
        FaceganError: another size, an attribute without labels, no face to copy, or such copies exist already.
    """
    if model.size != faces.size:
        raise FaceganError(
            f"the model edits faces of {model.size} pixels, but {faces.path} has faces of {faces.size} pixels"
        )
    wished = Attributes(list(edit.wishes), faces.columns)
    conditions = wished.select(faces.labels, faces.columns)
    train = faces.split("train")
    different = ~wished.matching(conditions[train], edit.wishes) & faces.known_of(train, wished.columns).all(axis=1)
    candidates = np.random.default_rng(seed).permutation(train[different])
    chosen = np.sort(candidates[: round(share * len(train))])
    if not len(chosen):
        raise FaceganError(f"no training face of {faces.path} can be copied: none has labels other than {edit}")

    prefix = f"edited {edit}/"
    if prefix[:-1] in faces.sources:
        raise FaceganError(f"{faces.path} already contains copies edited with {edit}")
    names = [*faces.names, *(prefix + faces.names[row] for row in chosen)]
    rows = np.concatenate([np.arange(len(faces)), chosen])
    labels = faces.labels[rows]
    columns = [faces.columns.index(column) for column in wished.columns]
    labels[len(faces) :, columns] = wished.apply(conditions[chosen], edit.wishes)
    partition = np.zeros(len(rows), "uint8")
    for index, name in enumerate(SPLITS):
        partition[faces.split(name)] = index
    original = faces.info["source"]
    copies = {
        "kind": KIND,
        "name": prefix[:-1],
        "terms": original["terms"],
        "model": digest,
        "share": share,
        "seed": seed,
    }
    return Source(
        names,
        faces.columns,
        labels,
        {
            "kind": KIND,
            "name": f"{original['name']} + {copies['name']}",
            "terms": original["terms"],
            "sources": [*original.get("sources", [original]), copies],
        },
        CopyReader(faces, model, edit, dict(zip(names, rows.tolist(), strict=True)), prefix),
        None if faces.identities is None else faces.identities[rows],
        partition,
        known=faces.known[rows],
        origins=np.append(faces.origins, np.full(len(chosen), len(faces.sources), "uint8")),
    )
