"""Batches as a function of seed and step, so that a run goes on from any step without remembering where it was."""

import keras
import numpy as np


WHOLE = slice(None)


def batch_at(faces, images, attributes, preset, batch_size, seed, step, part=WHOLE):
    """The batch of one step: see `facegan.training.step.GANTraining` for what is in it.

    Each epoch shuffles the photos anew; the few left over at an epoch's end are drawn again in the next.

    Args:
        faces: `PreparedFaces`.
        images: indexes of the photos to train on.
        seed: of the run.
        step: counted from 0.
        part: a slice of the batch, the only one to be read: what one of several hosts works on.
    """
    epoch, position = divmod(step, len(images) // batch_size)
    order = np.random.default_rng([seed, 0, epoch]).permutation(len(images))
    chosen = images[order[position * batch_size : (position + 1) * batch_size]]
    random = np.random.default_rng([seed, 1, step])
    # Sorted, because reading a memory-mapped file forwards is faster.
    chosen = np.sort(chosen)
    pictures = faces.faces[chosen[part]]
    if preset.mirror:
        mirrored = random.random(batch_size)[part] < 0.5
        pictures[mirrored] = pictures[mirrored, :, ::-1]
    labels = attributes.select(faces.labels[chosen], faces.columns)
    drawn = {
        "labels": labels,
        "targets": attributes.changed(labels, random),
        "noise": random.standard_normal((batch_size, preset.noise_size), "float32"),
        "mixing": random.random((batch_size, 1, 1, 1), "float32"),
    }
    return {"images": pictures} | {name: array[part] for name, array in drawn.items()}


def part_of(batch_size, index, count):
    """The slice of a batch that is the part of one of `count` hosts."""
    size = batch_size // count
    return slice(index * size, (index + 1) * size)


class Batches(keras.utils.PyDataset):
    """The batches of a run's steps, as `fit()` takes them.

    By number, not one after the other: TensorFlow starts reading more than once where several devices share a batch.

    Args:
        faces, images, attributes, preset, batch_size, seed, part: see `batch_at`.
        first_step, last_step: the steps that are to be done, the last not included.
    """

    def __init__(self, faces, images, attributes, preset, batch_size, seed, first_step, last_step, part=WHOLE):
        super().__init__()
        self._steps = range(first_step, last_step)
        self._arguments = (faces, images, attributes, preset, batch_size, seed)
        self._part = part

    def __len__(self):
        return len(self._steps)

    def __getitem__(self, index):
        return (batch_at(*self._arguments, self._steps[index], self._part),)
