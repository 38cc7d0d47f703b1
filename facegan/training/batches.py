"""Batches as a function of seed and step, so that a run goes on from any step without remembering where it was."""

import keras
import numpy as np

from facegan.attributes import EYE_COLUMNS
from facegan.training.eyes import with_eyes_of
from facegan.training.glasses import with_glasses

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
        self._eye_columns = np.isin(attributes.columns, EYE_COLUMNS)
        self._glasses = np.isin(attributes.columns, "Eyeglasses")
        self._about_eyes = np.array([set(item.columns) <= set(EYE_COLUMNS) for item in attributes.items])
        self._plain = np.flatnonzero(~self.vectors[:, self._eye_columns].any(axis=1))

    def at(self, step, part=WHOLE):
        """The batch of a step, counted from 0; with `part`, a slice, only what one of several hosts works on."""
        random = np.random.default_rng([self.seed, 1, step])
        chosen, to_change = self._balanced(random) if self.preset.balanced else (self._in_turn(step), None)
        chosen, eyes_of, drawn_on = self._disguised(chosen, to_change, random)
        own = self.vectors[chosen]
        labels = np.where(self._eye_columns, self.vectors[eyes_of], own)
        labels[np.ix_(drawn_on, self._glasses)] = 1
        drawn = {
            "labels": labels,
            "targets": self.attributes.changed(labels, random, to_change),
            "noise": random.standard_normal((self.batch_size, self.preset.noise_size), "float32"),
            "mixing": random.random((self.batch_size, 1, 1, 1), "float32"),
        }
        mirrored = self.preset.mirror & (random.random(self.batch_size) < 0.5)
        farthest = round(self.preset.shift * self.faces.size)
        shifts = random.integers(-farthest, farthest + 1, (self.batch_size, 2))
        # What glasses hide is known where they have been laid on, if nothing but taking them off is asked of the eyes.
        known = (drawn["targets"] == own)[:, self._eye_columns].all(axis=1)
        images, references = [], []
        for place in np.arange(self.batch_size)[part]:
            shown = lambda picture: moved(picture[:, ::-1] if mirrored[place] else picture, *shifts[place])
            photo = image = self.photo(chosen[place])
            by_place = np.random.default_rng([self.seed, 2, step, place])
            if drawn_on[place]:
                image = with_glasses(photo, by_place)
            elif eyes_of[place] != chosen[place]:
                image = with_eyes_of(photo, self.photo(eyes_of[place]), by_place)
            images.append(shown(image))
            references.append(shown(photo) if known[place] and image is not photo else images[-1])
        pictures = {"images": np.stack(images), "references": np.stack(references)}
        drawn["drawn_on"] = drawn_on.astype("float32")[:, None, None, None]
        return pictures | {name: array[part] for name, array in drawn.items()}

    def photo(self, place):
        """One of the photos to train on, `(size, size, 3)` uint8."""
        return self.faces.faces[self.images[place]]

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

    def _disguised(self, chosen, to_change, random):
        """Whose faces the photos show, whose eyes these have, and on which of them glasses are to be drawn.

        Of the photos that are drawn for an attribute of the eyes, a share gives its eyes to a face that has none of
        these, and of those with glasses, a share gives its place to a face without.
        """
        eyes_of, drawn_on = chosen.copy(), np.zeros(len(chosen), bool)
        if to_change is not None and len(self._plain):
            about_eyes = self._about_eyes[to_change]
            wearing = about_eyes & self.vectors[chosen][:, self._glasses].any(axis=1)
            drawn_on = wearing & (random.random(len(chosen)) < self.preset.drawn_glasses)
            given = about_eyes & (random.random(len(chosen)) < self.preset.eyes_of_others)
            chosen = np.where(given | drawn_on, random.choice(self._plain, len(chosen)), chosen)
            eyes_of = np.where(drawn_on, chosen, eyes_of)
        return chosen, eyes_of, drawn_on


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
    # One after the other: four times as fast as both at once.
    return picture.take((rows - down).clip(0, rows[-1]), 0).take((columns - right).clip(0, columns[-1]), 1)


def part_of(batch_size, index, count):
    """The slice of a batch that is the part of one of `count` hosts."""
    size = batch_size // count
    return slice(index * size, (index + 1) * size)
