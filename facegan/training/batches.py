"""Batches as a function of seed and step, so that a run goes on from any step without remembering where it was."""

import keras
import numpy as np

WHOLE = slice(None)


class BatchSource:
    """Makes the batch of any step: see `facegan.training.step.GANTraining` for what is in it.

    Args:
        faces: `PreparedFaces`.
        images: indexes of the photos to train on.
        attributes: `Attributes`.
        preset: `Preset`.
        batch_size: photos in a step.
        seed: of the run.
    """

    def __init__(self, faces, images, attributes, preset, batch_size, seed):
        self.faces = faces
        self.images = images
        self.attributes = attributes
        self.preset = preset
        self.batch_size = batch_size
        self.seed = seed
        self.vectors = attributes.select(faces.labels[images], faces.columns)
        indexes = attributes.value_indexes(self.vectors)
        # For each attribute, and each of its values that occurs: where the photos are that have it.
        self._having = [[np.flatnonzero(column == value) for value in np.unique(column)] for column in indexes.T]

    def at(self, step, part=WHOLE):
        """The batch of a step, counted from 0; with `part`, a slice, only what one of several hosts works on."""
        random = np.random.default_rng([self.seed, 1, step])
        chosen, to_change = self._balanced(random) if self.preset.balanced else (self._in_turn(step), None)
        pictures = self.faces.faces[self.images[chosen[part]]]
        if self.preset.mirror:
            mirrored = random.random(self.batch_size)[part] < 0.5
            pictures[mirrored] = pictures[mirrored, :, ::-1]
        farthest = round(self.preset.shift * self.faces.size)
        if farthest:
            shifts = random.integers(-farthest, farthest + 1, (self.batch_size, 2))[part]
            pictures = np.stack([moved(picture, *shift) for picture, shift in zip(pictures, shifts)])
        labels = self.vectors[chosen]
        drawn = {
            "labels": labels,
            "targets": self.attributes.changed(labels, random, to_change),
            "noise": random.standard_normal((self.batch_size, self.preset.noise_size), "float32"),
            "mixing": random.random((self.batch_size, 1, 1, 1), "float32"),
        }
        return {"images": pictures} | {name: array[part] for name, array in drawn.items()}

    def _in_turn(self, step):
        """Each epoch shuffles the photos anew; the few left over at an epoch's end are drawn again in the next."""
        epoch, position = divmod(step, len(self.images) // self.batch_size)
        order = np.random.default_rng([self.seed, 0, epoch]).permutation(len(self.images))
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
        first_step, last_step: the steps that are to be done, the last not included.
        part: see `BatchSource.at`.
    """

    def __init__(self, source, first_step, last_step, part=WHOLE):
        super().__init__()
        self._source = source
        self._steps = range(first_step, last_step)
        self._part = part

    def __len__(self):
        return len(self._steps)

    def __getitem__(self, index):
        return (self._source.at(self._steps[index], self._part),)


def moved(picture, down, right):
    """A picture moved by whole pixels; where nothing was, its border goes on.

    >>> moved(np.array([[1, 2], [3, 4]]), 1, -1).tolist()
    [[2, 2], [2, 2]]
    """
    rows, columns = (np.arange(side) for side in picture.shape[:2])
    return picture[(rows - down).clip(0, rows[-1])[:, None], (columns - right).clip(0, columns[-1])]


def part_of(batch_size, index, count):
    """The slice of a batch that is the part of one of `count` hosts."""
    size = batch_size // count
    return slice(index * size, (index + 1) * size)
