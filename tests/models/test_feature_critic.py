"""The critic on ImageNet features: its layers against NumPy, its frozen half, its heads."""

import keras
import numpy as np
import pytest
from keras import ops
from random_weights import enliven

from facegan.models.feature_critic import (
    MinibatchDeviation,
    SpectralConv2D,
    UnitScale,
    build_feature_critic,
    build_feature_projector,
    feature_shapes,
)
from facegan.recipe.objective import FeatureCritic

RECIPE = FeatureCritic(filters=8)
IMAGES = np.random.default_rng(0).normal(1, 2, (2, 8, 8, 5)).astype("float32")


def array(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture
def layer():
    layer = SpectralConv2D(6, 3)
    layer.build(IMAGES.shape)
    # The further the largest singular value is above the others, the sooner the iteration finds it.
    layer.kernel.assign([4, 2, 1, 1, 1, 1] * np.random.default_rng(1).standard_normal(layer.kernel.shape))
    return layer


def largest_singular_value(kernel):
    return np.linalg.svd(array(kernel).reshape(-1, kernel.shape[-1]), compute_uv=False)[0]


def test_the_kernel_is_divided_by_its_largest_singular_value(layer):
    images = ops.convert_to_tensor(IMAGES)
    for _ in range(30):
        layer(images, training=True)
    plain = keras.layers.Conv2D(6, 3, padding="same", use_bias=False)
    plain.build(IMAGES.shape)
    plain.set_weights([array(layer.kernel) / largest_singular_value(layer.kernel)])
    assert array(layer(images)) == pytest.approx(array(plain(images)), abs=1e-3)


def test_only_training_iterates(layer):
    images = ops.convert_to_tensor(IMAGES)
    before = array(layer.singular_vector).copy()
    layer(images)
    assert (array(layer.singular_vector) == before).all()
    layer(images, training=True)
    assert (array(layer.singular_vector) != before).any()
    assert not any(variable is layer.singular_vector for variable in layer.trainable_variables)


def test_a_spectral_convolution_knows_its_output_and_survives_its_config():
    layer = SpectralConv2D(6, 4, strides=2)
    assert layer(ops.convert_to_tensor(IMAGES)).shape == (2, 4, 4, 6) == layer.compute_output_shape(IMAGES.shape)
    again = SpectralConv2D.from_config(layer.get_config())
    assert (again.filters, again.kernel_size, again.strides) == (6, 4, 2)


def test_unit_scale_gives_each_image_a_mean_square_of_one():
    found = array(UnitScale()(ops.convert_to_tensor(IMAGES)))
    assert found == pytest.approx(IMAGES / np.sqrt((IMAGES**2).mean(axis=(1, 2, 3), keepdims=True)), abs=1e-4)


@pytest.fixture(scope="module")
def projectors():
    """Two projectors, built after different seeds."""
    built = []
    for seed in (1, 2):
        keras.utils.set_random_seed(seed)
        built.append(build_feature_projector(RECIPE, 64, pretrained=False))
    return built


def test_the_projector_is_frozen_and_gives_four_scales_and_pooled_features(projectors):
    projector = projectors[0]
    assert not projector.trainable_variables
    shapes = [tuple(tensor.shape[1:]) for tensor in projector.outputs]
    assert shapes == feature_shapes(RECIPE, 64) == [(16, 16, 64), (8, 8, 64), (4, 4, 64), (2, 2, 64), (112 + 320,)]
    enliven(projector)
    maps = projector(np.random.default_rng(0).uniform(-1, 1, (2, 64, 64, 3)).astype("float32"))[:-1]
    for scale in map(array, maps):
        assert (scale**2).mean(axis=(1, 2, 3)) == pytest.approx(1, abs=0.05)


def test_the_projectors_own_kernels_do_not_depend_on_keras_seed(projectors):
    """So they are the same in every run and on every backend. They are the convolutions without a bias."""
    kernels = [
        [array(layer.kernel) for layer in projector.layers if type(layer) is keras.layers.Conv2D and not layer.use_bias]
        for projector in projectors
    ]
    assert len(kernels[0]) == 8
    assert all((one == other).all() for one, other in zip(*kernels, strict=True))
    # Drawn by NumPy, from the smallest scale up: 320 channels into 64.
    expected = np.random.default_rng(0).standard_normal((1, 1, 320, 64)) * np.sqrt(1 / 320)
    assert any(kernel.shape == expected.shape and np.allclose(kernel, expected) for kernel in kernels[0])


@pytest.mark.parametrize("size, places", [(32, 16 + 16 + 4 + 1), (128, 4 * 16)])
def test_the_heads_score_places_of_every_scale_and_classify_the_columns(size, places):
    shapes = feature_shapes(RECIPE, size)
    critic = build_feature_critic(RECIPE, shapes, 8)
    random = np.random.default_rng(0)
    features = [random.standard_normal((3, *shape)).astype("float32") for shape in shapes]
    scores, logits = map(array, critic([ops.convert_to_tensor(each) for each in features]))
    assert scores.shape == (3, places) and logits.shape == (3, 8)
    assert scores.dtype == logits.dtype == np.float32
    # The logits come from the pooled features alone.
    others = [*(ops.zeros_like(each) for each in features[:-1]), ops.convert_to_tensor(features[-1])]
    assert array(critic(others)[1]) == pytest.approx(logits, abs=1e-5)


def test_the_minibatch_deviation_is_one_number_that_all_places_have():
    images = np.random.default_rng(0).standard_normal((5, 4, 4, 3)).astype("float32")
    layer = MinibatchDeviation()
    found = array(layer(ops.convert_to_tensor(images)))
    assert found.shape == (5, 4, 4, 4) == layer.compute_output_shape(images.shape)
    assert (found[..., :3] == images).all()
    assert found[..., 3] == pytest.approx(np.full((5, 4, 4), images.std(axis=0).mean()), abs=1e-5)


@pytest.mark.parametrize("size", [32, 128])
def test_every_score_depends_on_how_much_the_faces_of_a_batch_differ(size):
    shapes = feature_shapes(RECIPE, size)
    critic = build_feature_critic(RECIPE, shapes, 8)
    random = np.random.default_rng(0)
    one = [random.standard_normal((1, *shape)).astype("float32") for shape in shapes]
    other = [random.standard_normal((1, *shape)).astype("float32") for shape in shapes]
    same, different = (
        array(critic([ops.convert_to_tensor(np.concatenate(pair)) for pair in zip(one, second, strict=True)])[0])[0]
        for second in (one, other)
    )
    assert (np.abs(same - different) > 1e-4).all()
