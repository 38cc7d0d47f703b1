"""Sample images: the same faces and edits throughout a run, so that progress is visible."""

import numpy as np
from PIL import Image

from facegan.data.prepared import PreparedFaces
from facegan.images import denormalise, normalise, to_images
from facegan.models.facegan import FaceGAN
from facegan.sheets import grid, sheet

GENERATED = 16
EDITED = 6


class Samples:
    """Draws fixed noise, attributes and photos once, from the validation split if there is one, for all samples."""

    def __init__(self, networks: FaceGAN, faces: PreparedFaces, seed: int) -> None:
        self.networks = networks
        self.attributes = attributes = networks.attributes
        random = np.random.default_rng([seed, 2])
        split = faces.split("validation")
        split = split if len(split) else faces.split("train")
        photos = np.sort(random.choice(split, min(EDITED, len(split)), replace=False))
        shown = np.sort(random.choice(split, GENERATED))
        self.noise = random.standard_normal((GENERATED, networks.recipe.networks.generator.noise_size), "float32")
        self.conditions = attributes.select(faces.labels[shown], faces.columns)
        self.photos = faces.faces[photos]
        self.labels = attributes.select(faces.labels[photos], faces.columns)
        self.wishes = [{name: value} for name, value in attributes.every_value()]

    def generated(self) -> Image.Image:
        """A grid of generated faces."""
        images = self.networks.generate(self.noise, self.conditions)
        return grid(to_images(denormalise(images)))

    def diversity(self) -> float:
        """The mean absolute difference between generated faces with the same condition, in grey levels."""
        conditions = np.tile(self.conditions[:1], (GENERATED, 1))
        faces = denormalise(self.networks.generate(self.noise, conditions)).astype(float)
        return np.abs(np.diff(faces, axis=0)).mean()

    def change(self) -> float:
        """The mean absolute difference between edits and edits that request the present attributes, in grey levels."""
        photos, targets = normalise(self.photos), self.attributes.changed(self.labels, np.random.default_rng(0))
        edited, same = (denormalise(self.networks.edit(photos, self.labels, to)) for to in (targets, self.labels))
        return np.abs(edited.astype(float) - same).mean()

    def edited(self) -> Image.Image:
        """A sheet with a row for each photo: the photo, then a column for each edit."""
        rows = []
        for photo, labels in zip(self.photos, self.labels, strict=True):
            photos, source = (np.repeat(array[None], len(self.wishes), axis=0) for array in (photo, labels))
            targets = np.concatenate([self.attributes.apply(labels[None], wishes) for wishes in self.wishes])
            edits = self.networks.edit(normalise(photos), source, targets)
            rows.append(to_images(np.concatenate([photo[None], denormalise(edits)])))
        labels = ["photo", *(self.attributes.describe(wishes) for wishes in self.wishes)]
        return sheet(rows, column_labels=labels)
