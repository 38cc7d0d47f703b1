"""Fine-tuning of the attribute finder, and the labels that it fills in."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from facegan.attributes import Attributes
from facegan.models.attribute_finder import build_attribute_finder
from facegan.models.facegan import FaceGAN
from facegan.standard_attributes import STANDARD_NAMES
from facegan.training.batches import BatchSource
from facegan.training.beginning import Beginning
from facegan.training.pretraining import (
    FinderTraining,
    fill_unknown_labels,
    fine_tune_attribute_finder,
    labelled_batch,
)


class Networks:
    """Stands in for a `FaceGAN`: a recipe and a finder."""

    def __init__(self, recipe, finder):
        self.recipe = recipe
        self.attribute_finder = finder
        self._description = {}

    count_combinations, combinations = FaceGAN.count_combinations, FaceGAN.combinations


def small_finder():
    """A finder that is compiled in a moment."""
    keras.utils.set_random_seed(0)
    finder = keras.Sequential(
        [
            keras.Input((32, 32, 3)),
            layers.AveragePooling2D(4),
            layers.Flatten(),
            layers.Dense(32, "relu"),
            layers.Dense(8),
        ]
    )
    finder.trainable = False
    return finder


@pytest.fixture
def source(drawn_faces, small_recipe):
    attributes = Attributes(STANDARD_NAMES, drawn_faces.columns)
    return BatchSource(drawn_faces, drawn_faces.split("train"), attributes, small_recipe("celeba128"), 16, 0)


def recipe(small_recipe, **values):
    return small_recipe("celeba128", {f"attribute_finder.{name}": value for name, value in values.items()})


def fine_tune(networks, source, pretrained=True):
    beginning = Beginning(0, ("attribute_finder",))
    fine_tune_attribute_finder(FinderTraining(networks, source, beginning, pretrained), source, 0, quiet=True)


def ranking(finder, faces):
    """For faces that it has not seen: how often, of two that differ in a column, the right one has the larger logit."""
    test = np.concatenate([faces.split("test"), faces.split("validation")])
    images = np.asarray(faces.faces[test], "float32") / 127.5 - 1
    labels = Attributes(STANDARD_NAMES, faces.columns).select(faces.labels[test], faces.columns)
    logits = ops.convert_to_numpy(finder(images, training=False))
    pairs = [(logit[label > 0.5], logit[label < 0.5]) for logit, label in zip(logits.T, labels.T, strict=True)]
    return np.mean([np.mean(having[:, None] > lacking) for having, lacking in pairs if having.size and lacking.size])


def test_fine_tuning_learns_the_labels_and_freezes_the_finder_again(small_recipe, source, drawn_faces):
    finder = small_finder()
    values = recipe(small_recipe, images=16 * 300, batch_size=16, learning_rate=3e-3)
    fine_tune(Networks(values, finder), source, pretrained=False)
    assert ranking(finder, drawn_faces) > 0.75
    assert not finder.trainable_variables


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the network takes JAX long to compile")
def test_a_finder_that_starts_from_imagenet_learns_within_few_steps(small_recipe, source, drawn_faces):
    values = recipe(small_recipe, images=16 * 40, batch_size=16, backbone="lite0")
    finder = build_attribute_finder(values.attribute_finder, 32, 8)
    fine_tune(Networks(values, finder), source)
    assert ranking(finder, drawn_faces) > 0.7


def test_unknown_labels_teach_nothing(small_recipe, source):
    """Whatever stands in their place."""
    source.known[:, 2] = 0
    values, finders = recipe(small_recipe, images=48, batch_size=16), []
    for label in (0, 1):
        source.conditions[:, 2] = label
        finders.append(small_finder())
        fine_tune(Networks(values, finders[-1]), source, pretrained=False)
    pairs = zip(*(map(ops.convert_to_numpy, finder.weights) for finder in finders), strict=True)
    assert all((one == other).all() for one, other in pairs)


def test_batches_depend_on_seed_and_step(source):
    photos = source.labelled(STANDARD_NAMES)
    first, (labels, known) = labelled_batch(source, photos, 16, 3, step=2)
    again, _ = labelled_batch(source, photos, 16, 3, step=2)
    assert all((first[name] == again[name]).all() for name in first)
    assert labels.shape == known.shape == (16, 8)
    for other in (labelled_batch(source, photos, 16, 3, step=3), labelled_batch(source, photos, 16, 4, step=2)):
        assert (other[0]["images"] != first["images"]).any()


class Constant(layers.Layer):
    """The same logits for every image."""

    def __init__(self, logits):
        super().__init__()
        self.logits = np.array(logits, "float32")

    def call(self, images):
        return ops.tile(self.logits[None], (ops.shape(images)[0], 1))


def constant_finder(logits):
    image = keras.Input((32, 32, 3))
    return keras.Model(image, Constant(logits)(image))


def test_unknown_labels_become_what_the_finder_predicts_with_the_known_ones(small_recipe, source):
    """Columns: male, young, glasses, pale, black, blond, brown, gray."""
    # Male with glasses and black hair; blond hair is the second likeliest.
    networks = Networks(small_recipe("celeba128"), constant_finder([4, 1, 2, -1, 2, 1, -1, -2]))
    source.known[:] = 1
    labelled = source.conditions.copy()
    # One photo without any label, one that is known to be of a woman, one known to have no black hair, one gray hair.
    source.known[:4], source.conditions[:4] = 0, 0
    source.known[1, 0] = source.known[2, 4] = source.known[3, 7] = source.conditions[3, 7] = 1
    fill_unknown_labels(networks, source)
    assert source.conditions[:4].tolist() == [
        [1, 1, 1, 0, 1, 0, 0, 0], [0, 1, 1, 0, 1, 0, 0, 0], [1, 1, 1, 0, 0, 1, 0, 0], [1, 1, 1, 0, 0, 0, 0, 1]
    ]  # fmt: skip
    assert (source.conditions[4:] == labelled[4:]).all()
    assert source.known[:4].sum() == 3, "what is filled in is still not known"
    assert sum(networks.combinations.values()) == len(source.conditions)
    assert {"11101000", "01101000", "11100100", "11100001"} <= set(networks.combinations)


def test_of_an_attribute_that_no_label_is_known_of_the_finder_decides(small_recipe, source):
    source.known[:, 2], source.conditions[:, 2] = 0, 0
    source.known[:5, 0] = 0
    fill_unknown_labels(Networks(small_recipe("celeba128"), constant_finder([4, 1, 2, -1, 2, 1, -1, -2])), source)
    assert (source.conditions[:, 2] == 1).all() and (source.known[:, 2] == 1).all()
    assert not source.known[:5, 0].any()


def test_every_attribute_is_learnt_from_as_many_photos_however_few_have_its_label(source):
    source.known[:, 2] = 0
    source.known[:4, 2] = 1
    photos = source.labelled(STANDARD_NAMES)
    drawn = np.concatenate([labelled_batch(source, photos, 16, 0, step)[1][1] for step in range(100)])
    # A fifth is drawn for glasses, and hardly any by chance.
    assert drawn[:, 2].mean() == pytest.approx(0.2 + 0.8 * 4 / len(source.known), abs=0.03)


def test_without_a_finder_unknown_labels_stay(small_recipe, source):
    source.known[0] = 0
    before = source.conditions.copy()
    fill_unknown_labels(Networks(small_recipe("tiny"), None), source)
    assert (source.conditions == before).all()
