"""The metrics: each is a function whose name identifies its protocol, described in its docstring.

A metric takes `Measurements` and returns a number, `EditScores`, or None if a package that it needs is not installed. A
new metric is a new function here with the decorator `metric`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from inspect import getdoc

import numpy as np

from facegan import identity
from facegan.evaluation import distances, fidelity
from facegan.evaluation.edits import SingleEdit, macro_mean
from facegan.evaluation.measurements import BEST, Measurements
from facegan.evaluation.trials import Trial
from facegan.images import to_array, to_images
from facegan.photos.detect import find_faces

STRENGTHS = (0.5, 1.0, 1.5, 2.0)
# Diversity: the number of the most frequent combinations of attributes, and of faces for each.
COMBINATIONS, OF_A_COMBINATION = 8, 16
# The MTCNN confidence from which a face counts as detected: 99% of CelebA's photos reach it, and half reach 0.999.
CONFIDENT = 0.95


@dataclass(frozen=True)
class EditScores:
    """Scores of faces for each edit.

    Attributes:
        edits: the edits.
        scores: for each edit, `(count,)`; nan for a face without a score.
        where: for each edit, the indexes of its test photos; None for other faces.
    """

    edits: Sequence[SingleEdit]
    scores: Sequence[np.ndarray]
    where: Sequence[np.ndarray] | None = None

    @property
    def figure(self) -> float:
        """The mean over an attribute's edits, then over attributes."""
        return macro_mean(self.by_edit, self.edits)

    @property
    def by_edit(self) -> list[float]:
        """The mean of each edit; nan for an edit without faces."""
        return [mean(scores) for scores in self.scores]

    def by_group(self, member: np.ndarray) -> float | None:
        """Returns the figure for the test photos in a mask `(count,)` bool; None if the scores are for other faces."""
        if self.where is None:
            return None
        pairs = zip(self.scores, self.where, strict=True)
        return macro_mean([mean(scores[member[where]]) for scores, where in pairs], self.edits)


MetricValue = float | EditScores | None


@dataclass(frozen=True)
class Metric:
    """A metric in the registry.

    Attributes:
        measure: the function.
        protocol: a description of what is measured and how.
        is_default: whether `evaluate` measures it by default.
    """

    measure: Callable[[Measurements], MetricValue]
    protocol: str
    is_default: bool


METRICS: dict[str, Metric] = {}


def metric(strengths: Sequence[float] = (), is_default: bool = True) -> Callable:
    """Registers a function as a metric; with `strengths`, as one metric `name@strength` for each of them."""

    def register(function: Callable[..., MetricValue]) -> Callable[..., MetricValue]:
        for strength in strengths or (None,):
            name = function.__name__ if strength is None else f"{function.__name__}@{strength}"
            measure = function if strength is None else partial(function, strength=strength)
            METRICS[name] = Metric(measure, getdoc(function) or "", is_default)
        return function

    return register


def mean(values: np.ndarray | Sequence[float]) -> float:
    """Returns the mean without nan; nan of nothing."""
    known = np.asarray(values, "float64")
    known = known[~np.isnan(known)]
    return float(known.mean()) if len(known) else float("nan")


@metric(strengths=STRENGTHS)
def edit_accuracy(m: Measurements, strength: float) -> EditScores:
    """The share of edited test photos for which the judge predicts the requested value.

    Each edit (`edits.all_edits`) is applied to photos that do not have the value yet, by label and judge
    (`edits.faces_to_edit`), or by the judge alone where the label is unknown. The model predicts the source attributes.
    A model that changes nothing has 0.
    """
    return _of_trials(m, m.trials(strength), lambda trial: trial.is_right)


@metric()
def worst_edit_accuracy(m: Measurements) -> float:
    """`edit_accuracy@1.0` of the worst single edit."""
    accuracies = edit_accuracy(m, 1.0).by_edit
    return float("nan") if np.isnan(accuracies).all() else float(np.nanmin(accuracies))


@metric(strengths=STRENGTHS)
def others_kept(m: Measurements, strength: float) -> EditScores:
    """The share of the other attributes whose prediction the edit leaves unchanged, on the photos of `edit_accuracy`.

    A model that changes nothing has 1.
    """
    return _of_trials(m, m.trials(strength), lambda trial: trial.kept)


@metric()
def generated_edit_accuracy(m: Measurements) -> EditScores:
    """`edit_accuracy@1.0` on generated faces; the conditions that they were generated from replace the labels."""
    return _of_trials(m, m.generated_trials(1.0), lambda trial: trial.is_right, are_photos=False)


@metric()
def generated_others_kept(m: Measurements) -> EditScores:
    """`others_kept@1.0` on generated faces."""
    return _of_trials(m, m.generated_trials(1.0), lambda trial: trial.kept, are_photos=False)


@metric()
def change_outside(m: Measurements) -> EditScores:
    """The mean absolute change (0 to 255) at strength 1 outside the attribute's region, if it has one."""

    def score(trial: Trial) -> np.ndarray:
        region = m.attributes.items[trial.edit.attribute].region.mask(m.model.size)
        return fidelity.mean_change_outside(trial.before.images, trial.after.images, region)

    return _of_trials(m, m.trials(1.0), score)


@metric()
def reconstruction_psnr(m: Measurements) -> float:
    """PSNR between test photos and edits of them without a wish, as 8-bit images."""
    return mean(fidelity.psnr(*m.reconstructed))


@metric()
def reconstruction_ssim(m: Measurements) -> float:
    """SSIM between test photos and edits of them without a wish, as 8-bit images."""
    return mean(fidelity.ssim(*m.reconstructed))


@metric()
def identity_similarity(m: Measurements) -> EditScores | None:
    """Mean cosine similarity of dlib's face descriptors before and after an edit at strength 1.

    Only edits of attributes that should preserve identity (`Attribute.keeps_identity`) count.
    """
    return _of_descriptors(m, identity.cosine_similarity)


@metric()
def identity_same_person(m: Measurements) -> EditScores | None:
    """The share of the photos of `identity_similarity` that dlib's descriptors assign to the same person as before."""
    return _of_descriptors(m, identity.same_person)


@metric()
def source_accuracy(m: Measurements) -> EditScores:
    """The share of test photos with a value for which the model itself predicts that value.

    Edits depend on it: an edit to a value that the model predicts already changes nothing.
    """
    return _of_values(m, m.found)


@metric()
def judge_accuracy(m: Measurements) -> EditScores:
    """The share of test photos with a value for which the judge predicts it: balanced accuracy, a ceiling for edits."""
    return _of_values(m, m.real.predicted)


@metric()
def judge_labels_right(m: Measurements) -> float:
    """The share of all labels of all test photos that the judge agrees with."""
    return mean((m.real.predicted == m.real.labelled)[m.known])


@metric()
def generation_accuracy(m: Measurements) -> EditScores:
    """The share of faces, generated for each edit's wish alone, for which the judge predicts that value."""
    right = [faces.predicted[:, edit.attribute] == edit.value for faces, edit in zip(m.requested, m.edits, strict=True)]
    return EditScores(m.edits, right)


@metric()
def kid_judge(m: Measurements) -> float:
    """KID (Bińkowski et al. 2018) in the judge's features, scaled to unit root mean square.

    It compares test photos with faces generated from their attributes.
    """
    return distances.kernel_distance(*distances.standardise(m.generated.features, m.compared.features))


@metric()
def kid_identity(m: Measurements) -> float | None:
    """KID as in `kid_judge`, in dlib's face descriptors, which are used neither in training nor by the judge."""
    return distances.kernel_distance(*distances.standardise(*m.descriptors)) if identity.available() else None


@metric(is_default=False)
def fid_inception(m: Measurements) -> float:
    """FID (Heusel et al. 2017) in InceptionV3's features, between the same faces as `kid_judge`."""
    return distances.frechet_distance(
        *(distances.inception_features(faces.images) for faces in (m.generated, m.compared))
    )


@metric()
def detected(m: Measurements) -> float:
    """The share of generated faces that a face detector (MTCNN) finds with a confidence of 0.95 or more."""
    return _share_detected(m.generated.images[: m.limit])


@metric()
def detected_of_photos(m: Measurements) -> float:
    """`detected` on test photos: the ceiling."""
    return _share_detected(m.compared.images[: m.limit])


@metric()
def nearest_training_distance(m: Measurements) -> float | None:
    """The mean distance from the 16 best generated faces to the nearest training photo, in dlib's descriptors.

    The best are the nearest to test photos in the judge's features. A generator that memorises has a much smaller
    distance than `nearest_training_distance_of_photos`.
    """
    return mean(m.neighbours[1]) if identity.available() else None


@metric()
def nearest_training_distance_smallest(m: Measurements) -> float | None:
    """The smallest of the distances of `nearest_training_distance`."""
    return float(m.neighbours[1].min()) if identity.available() else None


@metric()
def nearest_training_distance_of_photos(m: Measurements) -> float | None:
    """`nearest_training_distance` for as many test photos, of people who are not in the training split."""
    return mean(m.nearest_training(m.compared.images[:BEST])[1]) if identity.available() else None


@metric()
def diversity(m: Measurements) -> float:
    """Mean absolute difference (0 to 255) between faces generated from the same attributes, the most frequent ones."""
    combinations, _, order = _combinations(m)
    made = [np.repeat(combinations[index][None], OF_A_COMBINATION, axis=0) for index in order]
    return mean([distances.pairwise_difference(to_array(m.model.generate_each(each, m.seed))) for each in made])


@metric()
def diversity_of_photos(m: Measurements) -> float:
    """`diversity` of test photos with the same attributes."""
    _, belongs_to, order = _combinations(m)
    alike = [m.real.images[np.flatnonzero(belongs_to == index)[:OF_A_COMBINATION]] for index in order]
    return mean([distances.pairwise_difference(images) for images in alike if len(images) > 1])


def _share_detected(images: np.ndarray) -> float:
    best = [max((face.confidence for face in find_faces(image)), default=0.0) for image in to_images(images)]
    return mean(np.array(best) >= CONFIDENT)


def _of_trials(
    m: Measurements, trials: Sequence[Trial], score: Callable[[Trial], np.ndarray], are_photos: bool = True
) -> EditScores:
    return EditScores(
        m.edits, [score(trial) for trial in trials], [trial.where for trial in trials] if are_photos else None
    )


def _of_descriptors(m: Measurements, score: Callable) -> EditScores | None:
    if not identity.available():
        return None
    scores = [score(*pair) for pair in m.trial_descriptors]
    return EditScores(
        m.edits, scores, [trial.where[: len(each)] for trial, each in zip(m.trials(1.0), scores, strict=True)]
    )


def _of_values(m: Measurements, predicted: np.ndarray) -> EditScores:
    labelled = np.where(m.known, m.real.labelled, -1)
    where = [np.flatnonzero(labelled[:, edit.attribute] == edit.value) for edit in m.edits]
    scores = [predicted[have, edit.attribute] == edit.value for have, edit in zip(where, m.edits, strict=True)]
    return EditScores(m.edits, scores, where)


def _combinations(m: Measurements) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The combinations of attributes among test photos, that of each photo, and the indexes of the most frequent."""
    combinations, belongs_to, counts = np.unique(m.real.conditions, axis=0, return_inverse=True, return_counts=True)
    return combinations, belongs_to.ravel(), np.argsort(-counts, kind="stable")[:COMBINATIONS]
