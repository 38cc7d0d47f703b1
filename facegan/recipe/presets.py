"""The recipes that come with the package."""

from dataclasses import replace

from facegan.attributes import did_you_mean
from facegan.errors import FaceganError
from facegan.recipe.networks import Decoder, DecoderGenerator, Editor, Encoder, ModulatedGenerator, Networks
from facegan.recipe.objective import (
    AttributeFinder,
    DiscriminatorWeights,
    EditorWeights,
    FeatureCritic,
    GeneratorWeights,
    WassersteinObjective,
)
from facegan.recipe.recipe import Optimizers, Recipe, Sampling
from facegan.recipe.toml import read_recipe

# The 2018 paper to the letter. The defaults decide what its text leaves open: a dropout rate of 0.25 and two residual
# blocks. The moving average is not in the paper, and does not affect training.
PAPER = Recipe("paper")

# Small networks for a first run and the tests: minutes on a CPU at 64 pixels.
TINY = Recipe(
    "tiny",
    Networks(
        # A kernel of twice the stride covers every pixel equally often, which avoids checkerboard artifacts.
        Encoder(filters=24, max_filters=128, kernel_size=4, dropout=0.0),
        Decoder("transposed", "film"),
        DecoderGenerator(100),
        Editor("residual", residual_blocks=1),
    ),
    Sampling(mirror=True),
    WassersteinObjective(DiscriminatorWeights(match=10.0), GeneratorWeights(match=5.0), EditorWeights(margin=1.0)),
    optimizers=Optimizers(1e-3, 5e-4, 6e-4, ema_decay=0.995),
    batch_size=16,
    epochs=6,
)

# For photos: critics and classifiers that start from ImageNet, a modulated generator, balanced sampling.
CELEBA128 = Recipe(
    "celeba128",
    Networks(
        Encoder(filters=48, max_filters=192, kernel_size=4, normalise_first=False, dropout=0.0),
        Decoder("nearest", "film"),
        ModulatedGenerator(filters=(256, 256, 192, 128, 64, 32)),
        Editor("gain_and_residual", residual_blocks=1),
    ),
    Sampling(balanced=True, mirror=True),
    WassersteinObjective(
        DiscriminatorWeights(match=10.0),
        GeneratorWeights(match=1.0),
        EditorWeights(
            adversarial=3.0,
            match=40.0,
            margin=4.0,
            preservation=150.0,
            preservation_target="prediction",
            reconstruction=20.0,
        ),
    ),
    FeatureCritic(editor=3.0, learning_rate=4e-4),
    AttributeFinder(),
    Optimizers(4e-4, 2e-4, 3e-4, beta_1=0.0, beta_2=0.9, ema_decay=0.999),
    batch_size=64,
    epochs=50,
)

# With one more stage next to the image, to grow from a model of `celeba128`. Batches are smaller, because images have
# four times as many pixels, and learning rates are lower, because the inner stages are trained already.
CELEBA256 = replace(
    CELEBA128.with_filters(24),
    name="celeba256",
    optimizers=replace(CELEBA128.optimizers, discriminator=2e-4, generator=1e-4, editor=1.5e-4),
    batch_size=32,
    epochs=30,
)

RECIPES = {recipe.name: recipe for recipe in (PAPER, TINY, CELEBA128, CELEBA256)}


def find_recipe(name: str) -> Recipe:
    """Returns the packaged recipe with this name, or the recipe in a TOML file.

    Raises:
        FaceganError: there is none, or the file cannot be read or is not valid.
    """
    if name.endswith(".toml"):
        return read_recipe(name)
    if name not in RECIPES:
        raise FaceganError(f"unknown recipe '{name}'" + did_you_mean(name, RECIPES))
    return RECIPES[name]
