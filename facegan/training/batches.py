"""Batches as a function of seed and step, so that a run goes on from any step without remembering where it was."""

import numpy as np


def batch_at(faces, images, attributes, preset, batch_size, seed, step):
    """The batch of one step: see `facegan.training.step.GANTraining` for its parts.

    Each epoch shuffles the photos anew; the few left over at an epoch's end are drawn again in the next.

    Args:
        faces: `PreparedFaces`.
        images: indexes of the photos to train on.
        seed: of the run.
        step: counted from 0.
    """
    epoch, position = divmod(step, len(images) // batch_size)
    order = np.random.default_rng([seed, 0, epoch]).permutation(len(images))
    chosen = images[order[position * batch_size : (position + 1) * batch_size]]
    random = np.random.default_rng([seed, 1, step])
    # Sorted, because reading a memory-mapped file forwards is faster.
    chosen = np.sort(chosen)
    pictures = faces.faces[chosen]
    if preset.mirror:
        mirrored = random.random(batch_size) < 0.5
        pictures[mirrored] = pictures[mirrored, :, ::-1]
    labels = attributes.select(faces.labels[chosen], faces.columns)
    return {
        "images": pictures,
        "labels": labels,
        "targets": attributes.changed(labels, random),
        "noise": random.standard_normal((batch_size, preset.noise_size), "float32"),
        "mixing": random.random((batch_size, 1, 1, 1), "float32"),
    }


def batches(faces, images, attributes, preset, batch_size, seed, first_step):
    """The batches from a step on, without end, as `fit()` takes them."""
    step = first_step
    while True:
        yield (batch_at(faces, images, attributes, preset, batch_size, seed, step),)
        step += 1
