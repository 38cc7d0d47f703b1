"""The modulated generator against StyleGAN2's equations, written out in NumPy."""

import numpy as np
import pytest
from keras import layers, ops

from facegan.models.modulated_generator import ModulatedConv2D, UnitVariance, build_modulated_generator
from facegan.recipe.networks import ModulatedGenerator

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.standard_normal((3, 8, 8, 5)).astype("float32")
LATENT = RANDOM.standard_normal((3, 4)).astype("float32")


def array(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.fixture(params=[False, True], ids=["same size", "upsample"])
def layer(request):
    layer = ModulatedConv2D(6, upsample=request.param)
    layer.build([IMAGES.shape, LATENT.shape])
    layer.bias.assign(np.arange(6, dtype="float32"))
    return layer


def test_modulated_convolution_is_that_of_a_scaled_and_normalised_kernel(layer):
    """Equations 1 and 3: each image has its own kernel, scaled by its latent vector, with outputs of unit length."""
    kernel, bias = array(layer.kernel).astype("float64"), array(layer.bias)
    scales = LATENT @ array(layer.scale_kernel) + array(layer.scale_bias)
    outputs = array(layer([ops.convert_to_tensor(IMAGES), ops.convert_to_tensor(LATENT)]))
    for image, scale, output in zip(IMAGES, scales, outputs, strict=True):
        scaled = scale[None, None, :, None] * kernel
        demodulated = scaled / np.sqrt((scaled**2).sum(axis=(0, 1, 2)) + 1e-8)
        plain = layers.Conv2D(6, 3, padding="same")
        plain.build(image[None].shape)
        plain.set_weights([demodulated.astype("float32"), bias])
        image = layers.UpSampling2D()(image[None]) if layer.upsample else image[None]
        assert output == pytest.approx(array(plain(image))[0], abs=1e-4)


def test_modulated_convolution_knows_its_output_and_survives_its_config(layer):
    shape = layer.compute_output_shape([IMAGES.shape, LATENT.shape])
    assert layer([ops.convert_to_tensor(IMAGES), ops.convert_to_tensor(LATENT)]).shape == shape
    again = ModulatedConv2D.from_config(layer.get_config())
    assert (again.filters, again.upsample) == (6, layer.upsample)


def test_images_of_a_batch_are_independent(layer):
    whole, alone = (array(layer([ops.convert_to_tensor(a[s]) for a in (IMAGES, LATENT)])) for s in (slice(3), slice(1)))
    assert whole[:1] == pytest.approx(alone, abs=1e-5)


def test_unit_variance_scales_each_vector_to_a_mean_square_of_one():
    found = array(UnitVariance()(ops.convert_to_tensor(7 * LATENT)))
    assert found == pytest.approx(LATENT / np.sqrt((LATENT**2).mean(axis=1, keepdims=True)), abs=1e-5)


@pytest.fixture(scope="module")
def generator():
    return build_modulated_generator(ModulatedGenerator(10, 16, (8, 6)), 32, 8)


def test_faces_depend_on_noise_and_on_condition(generator):
    noise = RANDOM.standard_normal((2, 10)).astype("float32")
    condition = np.eye(8, dtype="float32")[:2]
    make = lambda *arrays: array(generator([ops.convert_to_tensor(a) for a in arrays]))
    faces = make(noise, condition)
    assert faces.shape == (2, 32, 32, 3) and faces.dtype == np.float32 and np.abs(faces).max() <= 1
    assert np.abs(make(noise[::-1].copy(), condition) - faces).max() > 1e-3
    assert np.abs(make(noise, condition[::-1].copy()) - faces).max() > 1e-3


def test_filters_are_those_of_each_size_and_the_last_serves_the_larger_ones(generator):
    convolutions = [layer for layer in generator.layers if isinstance(layer, ModulatedConv2D)]
    assert [layer.filters for layer in convolutions] == [8, *2 * [6], *2 * [6], *2 * [6]]
    assert [layer.upsample for layer in convolutions] == [False, *3 * [True, False]]


def test_the_image_is_the_sum_of_what_each_size_contributes(generator):
    """Without the contributions of all sizes but 4x4, the image is that one, enlarged."""
    contributions = [layer for layer in generator.layers if type(layer) is layers.Conv2D]
    assert [layer.kernel.shape[-1] for layer in contributions] == [3] * 4
    before = generator.get_weights()
    for layer in contributions[1:]:
        layer.kernel.assign(0 * layer.kernel)
    contributions[0].kernel.assign(0 * contributions[0].kernel)
    contributions[0].bias.assign([0.5, 0.0, -0.5])
    face = array(generator([ops.zeros((1, 10)), ops.zeros((1, 8))]))
    generator.set_weights(before)
    assert face == pytest.approx(np.broadcast_to([0.5, 0.0, -0.5], face.shape), abs=1e-6)
