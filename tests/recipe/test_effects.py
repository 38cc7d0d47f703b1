"""Every value of a recipe has an effect: each is changed by itself, and a network, a batch, a loss, the fine-tuning or
the optimizer comes out different.
"""

import dataclasses

import keras
import numpy as np
import pytest
from keras import layers, ops

from facegan.attributes import Attributes
from facegan.models.editor import build_editor
from facegan.models.encoder import build_encoder
from facegan.models.feature_critic import build_feature_critic, feature_shapes
from facegan.models.generator import build_generator
from facegan.recipe import Recipe, find_recipe
from facegan.recipe.part import Part
from facegan.standard_attributes import STANDARD_NAMES
from facegan.training.batches import BatchSource
from facegan.training.beginning import Beginning
from facegan.training.objectives import OfEach, Outputs, loss_terms
from facegan.training.plan import Settings, steps_per_epoch
from facegan.training.pretraining import FinderTraining, fine_tune_attribute_finder
from facegan.training.step import GANTraining

BATCH, K = 4, 8


def leaves(part, path=""):
    """`{path: (field, value)}` of all single values of a recipe."""
    found = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if isinstance(value, Part):
            found |= leaves(value, f"{path}{field.name}.")
        elif value is not None:
            found[path + field.name] = (field, value)
    return found


def other_value(field, value):
    rule = field.metadata
    if "choices" in rule:
        return next(choice for choice in reversed(rule["choices"]) if choice != value)
    if "several" in rule:
        return [2 * item for item in value]
    if isinstance(value, str):
        return value + "-2"
    return value * 2 if isinstance(value, int) else value * 0.5 or 0.5


def changed(recipe, path, value):
    values = recipe.to_dict()
    *tables, key = path.split(".")
    table = values
    for name in tables:
        table = table[name]
    table[key] = value
    return Recipe.from_dict(values)


CASES = [(name, path) for name in ("paper", "celeba128") for path in leaves(find_recipe(name))]


@pytest.fixture(scope="module")
def outputs():
    """Outputs of networks, drawn at random, with a condition of two columns."""
    random = np.random.default_rng(0)
    draw = lambda *shape: ops.cast(random.standard_normal(shape), "float32")
    of_each = lambda *shape: OfEach(*(draw(BATCH, *shape) for _ in range(3)))
    values = {
        "images": of_each(8, 8, 3),
        "score": of_each(1),
        "match": of_each(K),
        "mismatched_match": draw(BATCH, K),
        "known": ops.ones((BATCH, K)),
        "changed": ops.cast(np.eye(BATCH, K), "float32"),
        "penalty_gradients": draw(BATCH, 8, 8, 3),
    }
    feature_critic = {
        "feature_score": of_each(5), "feature_distance": ops.cast(0.5, "float32"), "feature_match": of_each(K)
    }  # fmt: skip
    found = {"found": of_each(K)}
    return lambda recipe: Outputs(
        **values, **(feature_critic if recipe.feature_critic else {}), **(found if recipe.attribute_finder else {})
    )


def structure(network):
    """What a network is built of, without its layers' names, which Keras counts on."""
    return [
        (type(layer).__name__, {key: value for key, value in layer.get_config().items() if key != "name"})
        for layer in network.layers
    ] + [tuple(weight.shape) for weight in network.weights]


def aspects(recipe, faces, outputs):
    """All that a recipe determines, the cheapest first."""
    settings = Settings(recipe, STANDARD_NAMES, "float32", 0)
    yield settings.recipe.name, steps_per_epoch(faces, settings), recipe.epochs
    yield {
        f"{network} {term}": float(value)
        for network, terms in loss_terms(recipe, outputs(recipe)).items()
        for term, value in terms.items()
    }
    source = BatchSource(faces, faces.split("train"), Attributes(STANDARD_NAMES, faces.columns), recipe, 16, 0)
    yield {name: array.tobytes() for name, array in source.at(0).items()}
    yield _optimizer(recipe)
    networks = recipe.networks
    encoder = build_encoder(networks.encoder, 32)
    yield structure(encoder)
    yield structure(build_generator(networks, 32, K))
    yield structure(build_editor(networks, 32, [tensor.shape[1:] for tensor in encoder.outputs], K))
    if recipe.feature_critic:
        yield structure(build_feature_critic(recipe.feature_critic, feature_shapes(recipe.feature_critic, 32), K))
    if recipe.attribute_finder:
        yield _fine_tuned(recipe, source)


class _Toy(keras.Model):
    """Stands in for a `FaceGAN`: training needs only weights by network."""

    def __init__(self, recipe):
        super().__init__()
        self.recipe = recipe
        self.image_size = 32
        for name in ("encoder", "discriminator", "generator", "editor"):
            setattr(self, name, _toy_network(1))
        self.feature_critic = _toy_network(1) if recipe.feature_critic else None
        self.attribute_finder = None
        self.built = True


def _toy_network(units):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [keras.Input((32, 32, 3)), layers.AveragePooling2D(8), layers.Flatten(), layers.Dense(units)]
    )


def _optimizer(recipe):
    projector = "facegan.training.step.build_feature_projector"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(projector, lambda *_: None)
        training = GANTraining(_Toy(recipe), Beginning(0, ("encoder",)))
    return training.learning_rates, training.optimizer._rates, training.optimizer.get_config() | {"name": ""}


def _fine_tuned(recipe, source):
    """The weights of a small network that is fine-tuned as the recipe says."""
    networks = _Toy(recipe)
    networks.attribute_finder = _toy_network(K)
    beginning = Beginning(0, ("attribute_finder",))
    fine_tune_attribute_finder(FinderTraining(networks, source, beginning, False), source, 0, quiet=True)
    return [ops.convert_to_numpy(weight).tobytes() for weight in networks.attribute_finder.weights]


@pytest.fixture(scope="module")
def base(drawn_faces, outputs, shrunk):
    return {name: list(aspects(shrunk(name), drawn_faces, outputs)) for name in ("paper", "celeba128")}


@pytest.fixture(scope="module")
def shrunk(small_recipe):
    """The recipe with small networks and little fine-tuning, in which nothing is zero or at its limit."""
    extra = {"attribute_finder.images": 48, "networks.encoder.dropout": 0.1}
    return lambda name: small_recipe(
        name, {path: value for path, value in extra.items() if name == "celeba128" or not path.startswith("attr")}
    )


@pytest.mark.parametrize("name", ["paper", "celeba128"])
def test_the_same_recipe_determines_the_same(name, base, shrunk, drawn_faces, outputs):
    """Otherwise the next test would prove nothing."""
    assert list(aspects(shrunk(name), drawn_faces, outputs)) == base[name]


# Backbones are tried below.
@pytest.mark.parametrize("name, path", [case for case in CASES if not case[1].endswith("backbone")])
def test_every_value_has_an_effect(name, path, base, shrunk, drawn_faces, outputs):
    recipe = shrunk(name)
    field, value = leaves(recipe)[path]
    other = changed(recipe, path, other_value(field, value))
    assert other != recipe
    assert any(
        found != expected for found, expected in zip(aspects(other, drawn_faces, outputs), base[name], strict=False)
    )


@pytest.mark.parametrize("part", ["feature_critic", "attribute_finder"])
def test_a_backbone_is_the_one_that_is_named(part, monkeypatch):
    """Which variant is built; what the variants are, `test_efficientnet.py` shows."""
    from facegan.models import attribute_finder, feature_critic

    class Built(Exception):
        pass

    def build(variant, *_):
        raise Built(variant)

    module, builder = {
        "feature_critic": (feature_critic, lambda recipe: feature_critic.build_feature_projector(recipe, 32)),
        "attribute_finder": (attribute_finder, lambda recipe: attribute_finder.build_attribute_finder(recipe, 32, K)),
    }[part]
    monkeypatch.setattr(module, "build_efficientnet_lite", build)
    for variant in ("lite0", "lite1"):
        recipe = changed(find_recipe("celeba128"), f"{part}.backbone", variant)
        with pytest.raises(Built, match=variant):
            builder(getattr(recipe, part))


def test_all_fields_are_tried():
    """Both recipes together have a part of every class."""
    tried = {type(part) for name in ("paper", "celeba128") for part in parts(find_recipe(name))}
    assert tried == set(all_subclasses(Part))


def parts(part):
    yield part
    for field in dataclasses.fields(part):
        if isinstance(value := getattr(part, field.name), Part):
            yield from parts(value)


def all_subclasses(kind):
    for subclass in kind.__subclasses__():
        yield subclass
        yield from all_subclasses(subclass)
