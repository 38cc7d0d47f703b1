"""The settings of a run: given, or from the model it starts from; and whether the photos suffice."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from facegan.errors import FaceganError
from facegan.recipe import find_recipe
from facegan.standard_attributes import STANDARD_NAMES
from facegan.training.plan import Settings, steps_per_epoch


def test_settings_come_from_the_model_to_start_from(model_file, drawn_faces):
    usual = Settings.defaults(start=model_file)
    assert (usual.recipe.name, usual.attributes, usual.seed) == ("tiny", STANDARD_NAMES, 0)
    assert Settings.defaults(find_recipe("paper"), model_file).recipe == find_recipe("paper")
    given = usual.given(drawn_faces.columns, ["Eyeglasses", "HAIR"], batch_size=4, precision="float32", seed=None)
    assert given == replace(
        usual, recipe=replace(usual.recipe, batch_size=4), attributes=("glasses", "hair"), precision="float32"
    )
    assert Settings.from_dict(given.to_dict()) == given


def test_the_attributes_of_the_model_to_start_from_come_first(model_file):
    """Whatever their order, and the data need not have labels of them."""
    usual = Settings.defaults(start=model_file)
    names = ["Tattoo", "hair", "skin", "glasses", "age", "gender"]
    assert usual.given(("tattoo", "Male"), names).attributes == (*STANDARD_NAMES, "tattoo")
    assert usual.given(("tattoo", "Male")).attributes == STANDARD_NAMES
    assert replace(usual, attributes=("Tattoo",)).given(("tattoo", "Male")).attributes == ("Tattoo",)


def test_photos_that_are_too_few_or_all_alike_are_refused(drawn_faces, small_settings):
    settings = small_settings("tiny", batch_size=8)
    assert steps_per_epoch(drawn_faces, settings) == len(drawn_faces.split("train")) // 8
    with pytest.raises(FaceganError, match="fewer than a batch of 5000"):
        steps_per_epoch(drawn_faces, small_settings("tiny", batch_size=5000))

    def refuse(attributes, learnt):
        raise FaceganError("no edit of it can be learned")

    alike = SimpleNamespace(columns=drawn_faces.columns, split=drawn_faces.split, check_trainable=refuse)
    with pytest.raises(FaceganError, match="no edit of it can be learned"):
        steps_per_epoch(alike, settings)
