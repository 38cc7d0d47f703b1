"""Batches as a function of seed and step, so that a run resumes at any step without saved sampler state."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from facegan.attributes import Attributes
from facegan.augment import augmentations_of
from facegan.data.prepared import PreparedFaces
from facegan.recipe import Recipe

ALL_ROWS = slice(None)


class BatchSource:
    """Makes the batch of any step: see `facegan.training.step.GANTraining` for its contents.

    Args:
        faces: the prepared faces.
        images: indices of the photos to train on.
        attributes: the model's.
        recipe: the recipe, for sampling, augmentation and the size of the noise.
        batch_size: photos in a step.
        seed: of the run.
        new_attributes: those that a trained model gains. Where sampling is balanced, half of the edits change one of
            them, because the others are learnt already.

    Attributes:
        conditions: `(len(images), k)`, the conditions of the photos.
        known: the same shape, 1 where a label is known, else 0.
    """

    def __init__(
        self,
        faces: PreparedFaces,
        images: np.ndarray,
        attributes: Attributes,
        recipe: Recipe,
        batch_size: int,
        seed: int,
        new_attributes: Sequence[str] = (),
    ) -> None:
        self.faces, self.images, self.attributes, self._new = faces, images, attributes, new_attributes
        self._sampling, self._noise_size = recipe.sampling, recipe.networks.generator.noise_size
        self._augmentations = augmentations_of(recipe)
        self._batch_size, self._seed = batch_size, seed
        self.conditions = attributes.select(faces.labels[images], faces.columns)
        self.known = faces.known_of(images, attributes.columns).astype("float32")

    def at(self, step: int, rows: slice = ALL_ROWS) -> dict[str, np.ndarray]:
        """The batch of a step, counted from 0; with `rows`, only those that one of several hosts works on."""
        batch = self._sample(step)
        for augmentation in self._augmentations:
            batch = augmentation(batch, self._seed, step)
        return {name: array[rows] for name, array in batch.items()}

    def _sample(self, step: int) -> dict[str, np.ndarray]:
        """The photos of a step, the target conditions of their edits, and the noise, without augmentation."""
        random = np.random.default_rng([self._seed, 1, step])
        chosen, to_change = self._balanced(random) if self._sampling.balanced else (self._in_turn(step), None)
        labels = self.conditions[chosen]
        return {
            "images": np.asarray(self.faces.faces[self.images[chosen]]),
            "labels": labels,
            "known": self.known[chosen],
            "targets": self.attributes.changed(labels, random, to_change),
            "noise": random.standard_normal((self._batch_size, self._noise_size), "float32"),
            "mixing": random.random((self._batch_size, 1, 1, 1), "float32"),
        }

    def labelled(self, names: Sequence[str]) -> list[np.ndarray]:
        """The indexes of the photos with a known label, for each of these attributes that has any."""
        known = zip(self.attributes.names, self.attributes.fully_known(self.known).T, strict=True)
        return [np.flatnonzero(photos) for name, photos in known if name in names and photos.any()]

    @cached_property
    def _having(self) -> list[list[np.ndarray]]:
        """For each value that occurs, by attribute, the indexes of the photos that are known to have it."""
        indexes = self.attributes.value_indexes(self.conditions).T
        return [
            [np.flatnonzero(known & (index == value)) for value in np.unique(index[known])]
            for known, index in zip(self.attributes.fully_known(self.known).T, indexes, strict=True)
        ]

    def _in_turn(self, step: int) -> np.ndarray:
        """The photos of a step. Each epoch has a new order; photos that do not fill a batch at its end are skipped."""
        epoch, position = divmod(step, len(self.images) // self._batch_size)
        order = np.random.default_rng([self._seed, 0, epoch]).permutation(len(self.images))
        # Sorted, because reading a memory-mapped file forwards is faster.
        return np.sort(order[position * self._batch_size : (position + 1) * self._batch_size])

    def _balanced(self, random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Draws an attribute, one of its values, and a photo that has it; also returns the attribute, to be changed."""
        known = np.flatnonzero([len(values) for values in self._having])
        is_new = np.array([self.attributes.names[item] in self._new for item in known])
        # Half for the new attributes and half for the others, if there are both.
        shares = np.select([is_new, ~is_new], [1 / max(1, is_new.sum()), 1 / max(1, (~is_new).sum())])
        to_change = random.choice(known, self._batch_size, p=shares / shares.sum())
        chosen = [random.choice(self._having[item][random.integers(len(self._having[item]))]) for item in to_change]
        order = np.argsort(chosen, kind="stable")
        return np.array(chosen)[order], to_change[order]


def host_rows(batch_size: int, index: int, count: int) -> slice:
    """The slice of a batch that one of `count` hosts works on."""
    size = batch_size // count
    return slice(index * size, (index + 1) * size)
