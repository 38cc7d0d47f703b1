"""The recipes that come with the package."""

import json
from dataclasses import FrozenInstanceError

import pytest

from facegan.errors import FaceganError
from facegan.evaluation.judge import BACKBONE
from facegan.recipe import RECIPES, Recipe, find_recipe
from facegan.recipe.networks import DecoderGenerator
from facegan.recipe.objective import AttributeFinder, FeatureCritic, PaperObjective


def test_paper_has_the_papers_numbers():
    paper = find_recipe("paper")
    networks, rates = paper.networks, paper.optimizers
    assert (networks.encoder.filters, networks.encoder.max_filters, networks.encoder.kernel_size) == (64, 512, 5)
    assert networks.encoder.dropout > 0 and networks.generator == DecoderGenerator(noise_size=100)
    assert (networks.decoder.upsampling, networks.decoder.conditioning) == ("transposed", "concatenation")
    assert networks.editor.output == "image"
    assert paper.objective == PaperObjective(gradient_penalty=10, reconstruction=0.2)
    assert (rates.discriminator, rates.generator, rates.editor) == (1e-4, 1e-4, 2e-4)
    assert (rates.beta_1, rates.beta_2) == (0.5, 0.9)
    assert (paper.sampling.balanced, paper.sampling.mirror) == (False, False)
    assert (paper.batch_size, paper.epochs) == (32, 15)
    assert paper.feature_critic is paper.attribute_finder is None


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name):
    assert Recipe.from_dict(json.loads(json.dumps(find_recipe(name).to_dict()))) == find_recipe(name)


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_cannot_be_changed(name):
    with pytest.raises(FrozenInstanceError):
        find_recipe(name).batch_size = 1
    with pytest.raises(FrozenInstanceError):
        find_recipe(name).networks.encoder.filters = 1


def test_an_unknown_recipe_is_named_with_what_is_near():
    with pytest.raises(FaceganError, match="did you mean 'paper'"):
        find_recipe("papper")
    with pytest.raises(FaceganError, match="paper, tiny"):
        find_recipe("xyz")


@pytest.mark.parametrize("part", [AttributeFinder, FeatureCritic])
def test_no_recipe_trains_with_the_judges_backbone(part):
    with pytest.raises(FaceganError, match="backbone must be one of"):
        part(backbone=BACKBONE)
