"""Batches as a function of seed and step, so that a run resumes at any step without remembering where it was."""

import keras
import numpy as np

from facegan.augment.differentiable import DRAWS
from facegan.augment.mirror import mirror_half
from facegan.errors import FaceganError

WHOLE = slice(None)


class BatchSource:
    """Makes the batch of any step: see `facegan.training.step.GANTraining` for its contents.

    Args:
        faces: `PreparedFaces`.
        images: indices of the photos to train on.
        attributes: `Attributes`.
        recipe: `Recipe`.
        batch_size: photos in a step.
        seed: of the run.
    """

    def __init__(self, faces, images, attributes, recipe, batch_size, seed):
        self.faces = faces
        self.images = images
        self.attributes = attributes
        self.batch_size = batch_size
        self._sampling = recipe.sampling
        self._noise_size = recipe.networks.generator.noise_size
        self._seed = seed
        self.vectors = attributes.select(faces.labels[images], faces.columns)
        self.known = faces.known_of(images, attributes.columns).astype("float32")
        self._having = self._photos_by_value()

    def at(self, step, share=WHOLE):
        """The batch of a step, counted from 0; with `share`, a slice, only what one of several hosts works on."""
        random = np.random.default_rng([self._seed, 1, step])
        chosen, to_change = self._balanced(random) if self._sampling.balanced else (self._in_turn(step), None)
        labels = self.vectors[chosen]
        batch = {
            "labels": labels,
            "known": self.known[chosen],
            "targets": self.attributes.changed(labels, random, to_change),
            "noise": random.standard_normal((self.batch_size, self._noise_size), "float32"),
            "mixing": random.random((self.batch_size, 1, 1, 1), "float32"),
        }
        images = self.faces.faces[self.images[chosen]]
        batch["images"] = mirror_half(images, random) if self._sampling.mirror else np.asarray(images)
        augmentation = np.random.default_rng([self._seed, 3, step])
        batch["augmentation"] = augmentation.random((self.batch_size, DRAWS), "float32")
        return {name: array[share] for name, array in batch.items()}

    def _photos_by_value(self):
        """For each attribute, and each of its values that occurs: where the photos are that are known to have it."""
        having, columns = [], iter(self.known.T)
        for item, indices in zip(self.attributes.items, self.attributes.value_indexes(self.vectors).T, strict=True):
            known = np.all([next(columns) for _ in item.columns], axis=0)
            values = np.unique(indices[known])
            if self._sampling.balanced and not len(values):
                raise FaceganError(
                    f"no training photo has a known label for '{item.name}'; leave it out of --attributes"
                )
            having.append([np.flatnonzero(known & (indices == value)) for value in values])
        return having

    def _in_turn(self, step):
        """Each epoch shuffles the photos anew; the few left over at an epoch's end are drawn again in the next."""
        epoch, position = divmod(step, len(self.images) // self.batch_size)
        order = np.random.default_rng([self._seed, 0, epoch]).permutation(len(self.images))
        # Sorted, because reading a memory-mapped file forwards is faster.
        return np.sort(order[position * self.batch_size : (position + 1) * self.batch_size])

    def _balanced(self, random):
        """First an attribute, then one of its values, then a photo that has it; and the attribute, to be changed."""
        to_change = random.integers(0, len(self._having), self.batch_size)
        chosen = [random.choice(self._having[item][random.integers(len(self._having[item]))]) for item in to_change]
        order = np.argsort(chosen, kind="stable")
        return np.array(chosen)[order], to_change[order]


class Batches(keras.utils.PyDataset):
    """The batches of a run's steps, as `fit()` takes them.

    By number, not one after the other: TensorFlow starts reading more than once where several devices share a batch.

    Args:
        source: `BatchSource`.
        first_step, last_step: the steps to take, the last not included.
        share: see `BatchSource.at`.
    """

    def __init__(self, source, first_step, last_step, share=WHOLE):
        super().__init__()
        self._source = source
        self._steps = range(first_step, last_step)
        self._share = share

    def __len__(self):
        return len(self._steps)

    def __getitem__(self, index):
        return (self._source.at(self._steps[index], self._share),)


def host_share(batch_size: int, index: int, count: int) -> slice:
    """The slice of a batch that one of `count` hosts works on."""
    size = batch_size // count
    return slice(index * size, (index + 1) * size)
