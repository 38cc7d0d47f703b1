"""The modulated generator against StyleGAN2's equations, written out in NumPy."""

import numpy as np
import pytest
from keras import layers, ops

from facegan.models.modulated_generator import ModulatedConv2D, NoiseInjection, UnitVariance, build_modulated_generator
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


@pytest.fixture
def injection():
    layer = NoiseInjection(3)
    layer.build([IMAGES.shape, (3, 10)])
    return layer


def injected(layer, noise):
    """What the layer adds, `(batch, height, width, channels)`."""
    return array(layer([ops.convert_to_tensor(IMAGES), ops.convert_to_tensor(noise)])) - IMAGES


def test_noise_is_weak_but_not_absent_at_first(injection):
    added = injected(injection, RANDOM.standard_normal((3, 10)).astype("float32"))
    assert 0 < np.abs(added).mean() < 0.02


def test_every_pixel_gets_an_entry_of_its_faces_noise_in_the_strength_of_the_channel(injection):
    noise, strength = RANDOM.standard_normal((3, 10)).astype("float32"), np.arange(5, dtype="float32")
    injection.strength.assign(strength)
    added = injected(injection, noise)
    assert added == pytest.approx(added[..., 1:2] * strength, abs=1e-5)
    for pixels, entries in zip(added[..., 1], noise, strict=True):
        distances = np.abs(pixels[..., None] - np.concatenate([entries, -entries]))
        assert distances.min(axis=-1).max() < 1e-5
        assert len(set(distances.argmin(axis=-1).ravel().tolist())) > 12
    assert injected(injection, noise) == pytest.approx(added)


def test_seeds_arrange_the_noise_differently_and_survive_the_config(injection):
    noise = RANDOM.standard_normal((3, 10)).astype("float32")
    again, other = NoiseInjection.from_config(injection.get_config()), NoiseInjection(4)
    for layer in (injection, again, other):
        injected(layer, noise)
        layer.strength.assign(np.ones(5))
    added = injected(injection, noise)
    assert (injected(again, noise) == added).all()
    assert np.abs(np.corrcoef(injected(other, noise).ravel(), added.ravel())[0, 1]) < 0.3


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


def test_each_size_from_8x8_on_adds_noise_of_its_own(generator):
    injections = [layer for layer in generator.layers if isinstance(layer, NoiseInjection)]
    assert [layer.entries.shape[0] for layer in injections] == [8, 8, 16, 16, 32, 32]
    assert len({layer.seed for layer in injections}) == 6
    noise, condition = RANDOM.standard_normal((1, 10)).astype("float32"), np.eye(8, dtype="float32")[:1]
    before = array(generator([noise, condition]))
    weak = array(injections[-1].strength)
    injections[-1].strength.assign(np.ones(6))
    noisy = array(generator([noise, condition]))
    injections[-1].strength.assign(weak)
    assert np.abs(noisy - before).max() > 1e-3


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
