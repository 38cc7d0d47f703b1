"""Networks that grow: at first the small model's, enlarged; in the end those of an ordinary model of twice the size."""

import keras
import numpy as np
import pytest
from keras import layers, ops

from facegan.models.facegan import FaceGAN
from facegan.models.growing import GrowingFaceGAN, finished


@pytest.fixture(params=["paper", "tiny", "celeba128"])
def pair(request, small_model):
    """A small model, and one that grows from it."""
    return grown_from(small_model(request.param))


def grown_from(small):
    """The small model, no longer as it began, and one of 64 pixels that grows from it."""
    random = np.random.default_rng(0)
    for variable in small.trainable_variables:
        variable.assign(variable + 0.05 * random.standard_normal(variable.shape).astype("float32"))
    config = small.get_config() | {"recipe": small.recipe.with_filters(2), "image_size": 64}
    return small, GrowingFaceGAN(small, FaceGAN(**config))


def halved(images):
    return layers.AveragePooling2D(2)(images)


def enlarged(images):
    return layers.UpSampling2D(interpolation="bilinear")(images)


def residuals(networks, images, batch):
    """What the editor itself returns, as a list."""
    output, target = networks.recipe.networks.editor.output, ops.convert_to_tensor(batch["targets"])
    condition = [target] if output == "image" else [target - ops.convert_to_tensor(batch["labels"]), images]
    return keras.tree.flatten(networks.editor([*networks.encoder(images), *condition]))


def assert_same(first, second):
    assert len(first) == len(second)
    for one, other in zip(first, second, strict=True):
        assert (ops.convert_to_numpy(one) == ops.convert_to_numpy(other)).all()


def test_at_first_everything_is_the_small_models_to_the_pixel(pair, inputs):
    small, growing = pair
    batch = inputs(64)
    images = ops.convert_to_tensor(batch["images"])
    generated = [networks.generate(batch["noise"], batch["labels"]) for networks in pair]
    assert_same([enlarged(generated[0])], [generated[1]])
    assert_same(small.encoder(halved(images)), growing.encoder(images)[1:])
    assert_same(
        [enlarged(array) for array in residuals(small, halved(images), batch)], residuals(growing, images, batch)
    )
    assert_same(*(n.discriminate(i, batch["labels"])[0] for n, i in ((small, halved(images)), (growing, images))))
    assert_same([enlarged(halved(images))], [growing.faded(images)])
    assert finished(growing) is None and finished(small) is small
    if small.feature_critic is not None:
        assert_same(small.attribute_finder.weights, growing.attribute_finder.weights)


def test_in_the_end_only_the_grown_model_is_left(pair, inputs):
    _, growing = pair
    batch = inputs(64)
    growing.fade.steps = 2
    assert [float(growing.fade.advance()) for _ in range(3)] == [0.5, 1.0, 1.0]
    growing.record = {"images_seen": 1}
    growing.count_combinations(batch["labels"])
    model = finished(growing)
    assert type(model) is FaceGAN and model.image_size == 64
    assert model.record == growing.record and sum(model.combinations.values()) == len(batch["labels"])
    for name in ("generate", "edit"):
        arguments = ["noise", "labels"] if name == "generate" else ["images", "labels", "targets"]
        arguments = [batch[argument] for argument in arguments]
        assert_same(*([getattr(networks, name)(*arguments)] for networks in (growing, model)))
    assert_same([batch["images"]], [growing.faded(batch["images"])])
    for name, network in model.subnetworks.items():
        # It has the weights of an ordinary model; while it grows, there are those of the small one's outer stages too.
        ordinary = FaceGAN(**model.get_config()).subnetworks[name]
        assert [weight.shape for weight in network.weights] == [weight.shape for weight in ordinary.weights]
        own = {id(weight) for weight in growing.subnetworks[name].weights}
        assert own >= {id(weight) for weight in network.weights}


def test_the_heads_of_the_feature_critic_go_on_where_they_were(small_model):
    small, growing = grown_from(small_model("celeba128"))
    random = np.random.default_rng(0)
    shapes = [(2, *tensor.shape[1:]) for tensor in small.feature_critic.inputs]
    features = [ops.convert_to_tensor(random.standard_normal(shape).astype("float32")) for shape in shapes]
    # Squares of 2x2 places with the same features are pooled without a loss.
    squares = [layers.UpSampling2D(2)(scale) for scale in features[:-1]]
    (scores, logits), (own_scores, own_logits) = (
        map(ops.convert_to_numpy, critic(inputs))
        for critic, inputs in (
            (small.feature_critic, features),
            (growing.feature_critic, [*squares, features[-1]]),
        )
    )
    # 4x4 places of the two scales that are large enough for another convolution.
    assert own_scores[:, :32] == pytest.approx(scores[:, :32], abs=1e-4)
    assert own_logits == pytest.approx(logits, abs=1e-4)
