"""Recipes as TOML, single values from the command line, and one clear line about what is wrong with either."""

import tomllib

import pytest

from facegan.errors import FaceganError
from facegan.recipe import RECIPES, Recipe, find_recipe
from facegan.recipe.networks import Encoder, ModulatedGenerator, Networks
from facegan.recipe.objective import AttributeFinder, EditorWeights, FeatureCritic, PaperObjective, WassersteinObjective
from facegan.recipe.toml import read_recipe, with_values, write_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_its_file(name, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(write_recipe(find_recipe(name)))
    assert read_recipe(path) == find_recipe(name)
    assert tomllib.loads(path.read_text()) == find_recipe(name).to_dict()


def test_what_a_file_leaves_out_has_its_default_and_the_name_is_the_files(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[networks.encoder]\nfilters = 32\n")
    assert read_recipe(path) == Recipe("mine", Networks(encoder=Encoder(filters=32))) == find_recipe(str(path))


def test_the_kind_chooses_among_parts(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text('[networks.generator]\nkind = "modulated"\nlatent_size = 8\n[objective]\nkind = "wasserstein"\n')
    recipe = read_recipe(path)
    assert recipe.networks.generator == ModulatedGenerator(latent_size=8)
    assert recipe.objective.kind == "wasserstein"


@pytest.mark.parametrize("content", [b"filters = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read(content, tmp_path):
    path = tmp_path / "mine.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FaceganError, match=r"cannot read the recipe .*mine\.toml") as error:
        read_recipe(path)
    assert "\n" not in str(error.value)


def test_with_value_changes_one_value():
    celeba = find_recipe("celeba128")
    changed = with_values(celeba, "objective.editor.margin=2")
    assert changed.objective.editor.margin == 2
    assert with_values(changed, "objective.editor.margin = 4") == celeba
    assert with_values(celeba, "sampling.balanced=false").sampling.balanced is False
    assert with_values(celeba, "networks.editor.output=image").networks.editor.output == "image"
    assert with_values(celeba, "networks.generator.filters=[8, 4]").networks.generator.filters == (8, 4)
    assert with_values(celeba, "batch_size=8").batch_size == 8
    assert with_values(celeba, "name=mine").name == "mine"


def test_with_value_adds_a_part_that_a_recipe_does_not_have():
    assert with_values(find_recipe("tiny"), "feature_critic.filters=16").feature_critic == FeatureCritic(filters=16)


WRONG = {
    "objective.editor.margn=2": "unknown key 'objective.editor.margn'; did you mean 'margin'?",
    "objetive.editor.margin=2": "unknown key 'objetive'; did you mean 'objective'?",
    "networks.encoder.filters=2.5": "networks.encoder.filters must be an integer. Received: 2.5",
    "networks.encoder.filters=true": "networks.encoder.filters must be an integer. Received: True",
    "networks.encoder.filters=2000": "networks.encoder.filters must be at most 1024. Received: 2000",
    "networks.encoder.max_filters=8": "networks.encoder.max_filters must be at least filters, ",
    "networks.encoder.filters=0": "networks.encoder.filters must be at least 1. Received: 0",
    "networks.encoder.filters=many": "networks.encoder.filters must be an integer. Received: 'many'",
    "networks.encoder.dropout=0.95": "networks.encoder.dropout must be at most 0.9. Received: 0.95",
    "networks.encoder.dropout=nan": "networks.encoder.dropout must be finite. Received: nan",
    "optimizers.editor=0": "optimizers.editor must be greater than 0. Received: 0",
    "optimizers.editor=inf": "optimizers.editor must be finite. Received: inf",
    "sampling.mirror=1": "sampling.mirror must be true or false. Received: 1",
    "networks.decoder.upsampling=nearst": (
        "networks.decoder.upsampling must be one of 'transposed', 'nearest'. Received: 'nearst'"
    ),
    "networks.generator.filters=[]": "networks.generator.filters must be a list of positive integers. Received: []",
    "networks.generator.filters=[8, 0]": "must be a list of positive integers",
    "networks.generator.filters=8": "must be a list of positive integers",
    "networks.generator.filters=[8, 8, 8, 8, 8, 8, 8, 8]": "networks.generator.filters must be at most 7 integers",
    "feature_critic.learning_rate=0": "feature_critic.learning_rate must be greater than 0. Received: 0",
    "attribute_finder.images=8": "attribute_finder.images must be at least batch_size, 64. Received: 8",
    "networks.encoder=8": "networks.encoder must be a table. Received: 8",
    "networks.generator.kind=modulatd": "unknown networks.generator.kind 'modulatd'; did you mean 'modulated'?",
    "networks.generator.kind=[1]": "unknown networks.generator.kind",
    "name=7": "name must be a name. Received: 7",
    "batch_size.x=1": "'batch_size.x' is not a key: 'batch_size' is a single value",
    "batch_size": "'batch_size' is not an assignment; write key=value, as in objective.editor.margin=2",
}


@pytest.mark.parametrize("assignment", WRONG)
def test_what_is_wrong_is_told_in_one_line(assignment):
    with pytest.raises(FaceganError) as error:
        with_values(find_recipe("celeba128"), assignment)
    assert WRONG[assignment] in str(error.value) and "\n" not in str(error.value)


def test_an_error_names_the_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[optimizers]\neditr = 1.0")
    with pytest.raises(FaceganError) as error:
        find_recipe(str(path))
    message = f"the recipe {path} is not valid: unknown key 'optimizers.editr'; did you mean 'editor'?"
    assert str(error.value) == message


def test_a_part_checks_its_values_where_it_is_made():
    with pytest.raises(FaceganError, match="preservation_target must be one of 'label', 'prediction'"):
        EditorWeights(preservation_target="lable")
    with pytest.raises(FaceganError, match="encoder must be a part of the recipe"):
        Networks(encoder=PaperObjective())


@pytest.mark.parametrize("part", [{"feature_critic": FeatureCritic()}, {"attribute_finder": AttributeFinder()}])
def test_a_part_that_would_have_no_effect_is_refused(part):
    (name,) = part
    with pytest.raises(FaceganError, match=f"{name} has no effect with the paper's objective; leave it out"):
        Recipe("mine", **part)


def test_a_target_without_preservation_is_refused():
    recipe = find_recipe("celeba128")
    with pytest.raises(FaceganError, match="preservation_target has no effect while preservation is 0"):
        with_values(recipe, "objective.editor.preservation=0")
    both = ("objective.editor.preservation=0", "objective.editor.preservation_target=label")
    assert with_values(recipe, *both).objective.editor.preservation == 0


def test_a_feature_critic_that_no_network_learns_from_is_refused():
    both = ("feature_critic.generator=0", "feature_critic.editor=0")
    assert all(with_values(find_recipe("celeba128"), one) for one in both)
    with pytest.raises(FaceganError, match="feature_critic.generator and editor cannot both be 0"):
        with_values(find_recipe("celeba128"), *both)


def test_none_removes_a_part_that_a_recipe_can_do_without():
    changes = ("feature_critic=none", "attribute_finder=none")
    recipe = with_values(find_recipe("celeba128"), *changes, "objective.kind=paper")
    assert recipe.feature_critic is recipe.attribute_finder is None
    for needed in ("networks.encoder", "batch_size"):
        with pytest.raises(FaceganError, match=rf"{needed} must be .*Received: None"):
            with_values(recipe, f"{needed}=none")


def test_another_kind_of_part_starts_from_its_defaults():
    recipe = with_values(find_recipe("paper"), "objective.kind=wasserstein")
    assert recipe.objective == WassersteinObjective()
