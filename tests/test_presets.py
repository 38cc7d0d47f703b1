"""The recipes: what the paper prescribes, and that they are frozen and survive a file."""

import json
from dataclasses import FrozenInstanceError

import pytest

from facegan.errors import FaceganError
from facegan.presets import PRESETS, Preset, preset


def test_paper_preset_has_the_papers_numbers():
    paper = preset("paper")
    assert (paper.filters, paper.max_filters, paper.kernel_size, paper.noise_size) == (64, 512, 5, 100)
    assert (paper.condition, paper.editing, paper.objective) == ("joined", "target", "paper")
    assert (paper.discriminator_rate, paper.generator_rate, paper.editor_rate) == (1e-4, 1e-4, 2e-4)
    assert (paper.beta_1, paper.beta_2) == (0.5, 0.9)
    assert (paper.gradient_penalty, paper.generator_reconstruction, paper.editor_reconstruction) == (10, 0.2, 0.2)
    assert (paper.generator_match, paper.editor_match, paper.mirror) == (1, 1, False)
    assert (paper.batch_size, paper.epochs) == (32, 15)
    assert paper.dropout > 0


@pytest.mark.parametrize("name", PRESETS)
def test_preset_survives_json(name):
    assert Preset(**json.loads(json.dumps(preset(name).to_dict()))) == preset(name)


@pytest.mark.parametrize("name", PRESETS)
def test_preset_cannot_be_changed(name):
    with pytest.raises(FrozenInstanceError):
        preset(name).filters = 1


def test_unknown_preset_is_named_with_what_is_near():
    with pytest.raises(FaceganError, match="did you mean 'paper'"):
        preset("papper")
    with pytest.raises(FaceganError, match="paper, tiny"):
        preset("xyz")
