"""Judged, edited and generated faces that metrics share, computed once and on demand."""

from functools import cached_property

import numpy as np

from facegan import identity
from facegan.data.prepared import PreparedFaces
from facegan.edits import Edit
from facegan.evaluation.distances import nearest, pairwise_distances, standardise
from facegan.evaluation.edits import SingleEdit, all_edits, faces_to_edit
from facegan.evaluation.judge import Judge
from facegan.evaluation.trials import JudgedFaces, Trial
from facegan.images import to_array
from facegan.inference import FaceModel

# Limits on the number of faces: set distances are quadratic in it, and a descriptor takes a tenth of a second.
MOST_COMPARED, MOST_DESCRIBED = 2000, 500
BEST = 16
# Realism is the mean distance to this many nearest real faces.
_NEAREST_REAL = 5
# The number of training photos, those with the most similar thumbnails, whose descriptors are compared with a face's.
_CANDIDATES = 64


class Measurements:
    """A model's faces on a data set. Each property depends only on the arguments, not on earlier measurements.

    Args:
        model: the model.
        faces: faces with the model's label columns and of its size.
        judge: the judge of these faces.
        limit: the maximum number of faces for each edit, and the number of faces generated for each wish.
        seed: of the choice of faces and of the generator's noise.
    """

    def __init__(self, model: FaceModel, faces: PreparedFaces, judge: Judge, limit: int = 200, seed: int = 0):
        self.model, self.faces, self.judge, self.limit, self.seed = model, faces, judge, limit, seed
        self.attributes = model.attributes
        self.edits = all_edits(model.attributes)
        self._trials: dict[tuple[str, float], list[Trial]] = {}

    @cached_property
    def real(self) -> JudgedFaces:
        """The test photos. The judge's predictions replace unknown labels."""
        conditions = self.attributes.select(self.faces.labels[self.test], self.faces.columns)
        known = self.faces.known_of(self.test, self.attributes.columns)
        return self._judged(self.faces.faces[self.test], conditions, known)

    @cached_property
    def test(self) -> np.ndarray:
        """Indexes of the test photos among all faces."""
        return self.faces.split("test")

    @cached_property
    def known(self) -> np.ndarray:
        """`(count, attributes)` bool, whether the label of an attribute is known of a test photo."""
        return self.attributes.fully_known(self.faces.known_of(self.test, self.attributes.columns))

    @cached_property
    def compared(self) -> JudgedFaces:
        """At most `MOST_COMPARED` of the test photos."""
        return self.real.at(np.sort(self._random(0).permutation(len(self.real))[:MOST_COMPARED]))

    @cached_property
    def generated(self) -> JudgedFaces:
        """A face generated from the attributes of each of `compared`."""
        conditions = self.compared.conditions
        return self._judged(to_array(self.model.generate_each(conditions, self.seed)), conditions)

    @cached_property
    def requested(self) -> list[JudgedFaces]:
        """For each edit, faces generated for its wish alone; other attributes are sampled as in the training data."""
        made = [self.model.generate_with_conditions(edit.wish, self.limit, self.seed) for edit in self.edits]
        return [self._judged(to_array(images), conditions) for images, conditions in made]

    @cached_property
    def found(self) -> np.ndarray:
        """`(count, attributes)` int, the values that the model itself predicts for the test photos."""
        return self.attributes.value_indexes(self.model.conditions_of(self.real.images))

    @cached_property
    def where(self) -> list[np.ndarray]:
        """For each edit, the indexes of the test photos that it is applied to; the same at every strength."""
        return self._where(self.real)

    def trials(self, strength: float) -> list[Trial]:
        """Returns each edit, applied to test photos; the model predicts the source attributes."""
        return self._tried("real", self.real, self.where, strength)

    def generated_trials(self, strength: float) -> list[Trial]:
        """Returns each edit, applied to generated faces."""
        return self._tried("generated", self.generated, self._where(self.generated), strength)

    @cached_property
    def reconstructed(self) -> tuple[np.ndarray, np.ndarray]:
        """At most `limit` test photos, and the results of an edit that requests nothing, both uint8."""
        chosen = np.sort(self._random(2).permutation(len(self.real))[: self.limit])
        images = self.real.images[chosen]
        return images, self.model.edit(images, Edit())

    @cached_property
    def descriptors(self) -> tuple[np.ndarray, np.ndarray]:
        """`(count, 128)` face descriptors of the first `MOST_DESCRIBED` of `generated` and of `compared`."""
        generated, real = (faces.images[:MOST_DESCRIBED] for faces in (self.generated, self.compared))
        both = identity.descriptors(np.concatenate([generated, real]))
        return both[: len(generated)], both[len(generated) :]

    @cached_property
    def trial_descriptors(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each edit at strength 1, the face descriptors before and after; empty if identity may change."""
        trials = [
            trial if self.attributes.items[trial.edit.attribute].keeps_identity else None for trial in self.trials(1.0)
        ]
        measured = [trial for trial in trials if trial is not None]
        if not measured:
            return [(np.zeros((0, 128)), np.zeros((0, 128)))] * len(trials)
        # Many edits are applied to the same faces.
        where = np.unique(np.concatenate([trial.where for trial in measured]))
        found = identity.descriptors(
            np.concatenate([self.real.images[where], *(trial.after.images for trial in measured)])
        )
        before, rest = found[: len(where)], found[len(where) :]
        pairs = []
        for trial in trials:
            count = 0 if trial is None else len(trial.where)
            own = np.zeros(0, "int64") if trial is None else np.searchsorted(where, trial.where)
            pairs.append((before[own], rest[:count]))
            rest = rest[count:]
        return pairs

    @cached_property
    def best(self) -> np.ndarray:
        """Indexes of the `BEST` generated faces nearest to real ones in the judge's features, the best first.

        After the realism score of Kynkäänniemi et al. 2019, Improved precision and recall metric.
        """
        generated, real = standardise(self.generated.features, self.compared.features)
        nearest_real = np.sort(pairwise_distances(generated, real), axis=1)[:, :_NEAREST_REAL]
        return nearest_real.mean(axis=1).argsort(kind="stable")[:BEST]

    @cached_property
    def neighbours(self) -> tuple[np.ndarray, np.ndarray]:
        """For each of the `best`, the index of the nearest training photo and the distance of their descriptors.

        Without the extra `identity`, thumbnails are compared instead, and the distances are nan.
        """
        return self.nearest_training(self.generated.images[self.best])

    def nearest_training(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Returns the same as `neighbours` for any faces `(count, size, size, 3)` uint8."""
        training = self.faces.split("train")
        # Training mirrors photos, so a face may be a copy of a mirror image.
        candidates = np.concatenate(
            [nearest(way, self.faces.faces, training, _CANDIDATES // 2) for way in (images, images[:, :, ::-1])], axis=1
        )
        if not identity.available():
            return candidates[:, 0], np.full(len(images), np.nan)
        where = np.unique(candidates)
        found = identity.descriptors(np.concatenate([images, self.faces.faces[where]]))
        own, others = found[: len(images)], found[len(images) :]
        among = others[np.searchsorted(where, candidates)]
        distances = np.linalg.norm(among - own[:, None], axis=2)
        best = distances.argmin(axis=1)
        rows = np.arange(len(images))
        return candidates[rows, best], distances[rows, best]

    def _judged(self, images: np.ndarray, conditions: np.ndarray, known: np.ndarray | None = None) -> JudgedFaces:
        probabilities, features = self.judge.classify(images)
        probabilities = probabilities[:, [self.judge.columns.index(column) for column in self.attributes.columns]]
        predicted = self.attributes.value_indexes(probabilities)
        if known is not None:
            conditions = np.where(known, conditions, self.attributes.nearest(probabilities))
        return JudgedFaces(images, conditions, self.attributes.value_indexes(conditions), predicted, features)

    def _where(self, faces: JudgedFaces) -> list[np.ndarray]:
        return [
            faces_to_edit(edit, faces.labelled, faces.predicted, self.limit, self._random(1, index))
            for index, edit in enumerate(self.edits)
        ]

    def _tried(self, name: str, faces: JudgedFaces, where: list[np.ndarray], strength: float) -> list[Trial]:
        if (name, strength) not in self._trials:
            self._trials[name, strength] = [
                self._try(edit, faces, chosen, strength) for edit, chosen in zip(self.edits, where, strict=True)
            ]
        return self._trials[name, strength]

    def _try(self, edit: SingleEdit, faces: JudgedFaces, where: np.ndarray, strength: float) -> Trial:
        before = faces.at(where)
        if not len(where):
            return Trial(edit, where, before, before)
        edited = self.model.edit(before.images, edit.wish, strength)
        return Trial(edit, where, before, self._judged(edited, before.conditions))

    def _random(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self.seed, *key])
