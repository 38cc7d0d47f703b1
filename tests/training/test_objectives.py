"""How the discriminator's answers become losses."""

from dataclasses import fields, replace

import numpy as np
import pytest
from keras import ops

from facegan.training.objectives import Judged, paper_terms, wasserstein_terms

NAMES = [field.name for field in fields(Judged)]
NO_CLASSIFIERS = {"real_classified": [], "edited_classified": []}


def terms(preset, answers):
    """The paper's terms, as numbers, where every picture is black and these are the answers; all others are 0."""
    judged = Judged(**{name: ops.zeros((2, 1)) for name in NAMES} | NO_CLASSIFIERS)
    judged = replace(judged, penalty_gradients=ops.full((2, 4, 4, 3), 1 / np.sqrt(48)))
    judged = replace(judged, **{name: ops.full((2, 1), float(value)) for name, value in answers.items()})
    found = paper_terms(preset, judged)
    return {f"{network} {name}": float(value) for network, parts in found.items() for name, value in parts.items()}


@pytest.mark.parametrize("surest, expected", [(1000, 0.0), (-1000, 2.0)])
def test_the_papers_answers_stay_in_0_to_1(small_preset, surest, expected):
    """However sure the discriminator is, right or wrong, its losses are those of 0 and 1."""
    right = {"real_score": surest, "generated_score": -surest, "real_match": surest, "generated_match": -surest}
    found = terms(small_preset("paper"), right | {"mismatched_match": -surest})
    assert found["discriminator adversarial"] == found["discriminator match"] == expected
    assert found["discriminator gradient_penalty"] == pytest.approx(0, abs=1e-8)


def test_the_papers_generator_and_editor_want_the_answer_1(small_preset):
    answers = {"generated_score": 0, "generated_match": np.log(3), "edited_score": -np.log(3), "edited_match": 1000}
    found = terms(small_preset("paper"), answers)
    assert found["generator adversarial"] == pytest.approx(0.5)
    assert found["generator match"] == pytest.approx(0.25)
    assert found["editor adversarial"] == pytest.approx(0.75)
    assert found["editor match"] == pytest.approx(0.0)


def wasserstein(preset, **answers):
    """The discriminator's, the generator's and the editor's terms where one of two columns is to change."""
    judged = Judged(**{name: ops.zeros((2, 2)) for name in NAMES} | NO_CLASSIFIERS)
    judged = replace(judged, changed=ops.convert_to_tensor([[1.0, 0.0]] * 2))
    judged = replace(judged, penalty_gradients=ops.full((2, 4, 4, 3), 1 / np.sqrt(48)))
    full = {name: ops.full((2, 2), float(value)) for name, value in answers.items() if np.isscalar(value)}
    # Pictures come as they are, and are all black unless given.
    pictures = {name: ops.zeros((2, 4, 4, 3)) for name in ("real", "reference", "edited", "generated")}
    pictures |= {"region": ops.ones((2, 4, 4, 1)), "drawn_on": ops.zeros((2, 1, 1, 1))}
    judged = replace(judged, **pictures | answers | full)
    found = wasserstein_terms(preset, judged)
    return {f"{network} {name}": float(value) for network, parts in found.items() for name, value in parts.items()}


def test_a_head_that_learns_from_photos_alone_is_told_nothing_about_edited_faces(small_preset):
    """It says what generated faces look like and what an edit kept; of the edit itself both heads have to be convinced."""
    preset = small_preset("celeba128")
    unsure = np.log(2)  # the cross-entropy of a logit of 0
    found = wasserstein(preset, edited_seen=30, generated_seen=30, real_seen=30)
    assert found["discriminator seen"] == pytest.approx(0, abs=1e-6)
    assert found["discriminator match"] == pytest.approx(preset.discriminator_match * unsure)
    assert found["discriminator edited_match"] == pytest.approx(unsure)
    assert found["generator match"] == pytest.approx(0, abs=1e-6)
    short = np.log(1 + np.exp(preset.editor_margin))  # of a logit of 0, which ought to be beyond the margin
    assert found["editor match"] == pytest.approx(preset.editor_match * short / 4)
    assert found["editor kept"] == pytest.approx(0, abs=1e-6)
    moved = wasserstein(preset, edited_seen=-3, real_seen=3)["editor kept"]
    assert moved > 0 and moved == wasserstein(preset, edited_seen=-3, real_seen=3, edited_match=9)["editor kept"]


def test_classifiers_apart_have_to_be_convinced_as_well(small_preset):
    """Of edits and of what they keep; each counts as much as a head, and the discriminator learns nothing from them."""
    preset = small_preset("celeba128")
    full = lambda *logits: [ops.full((2, 2), float(logit)) for logit in logits]
    heads = {"edited_match": 30, "edited_seen": 30, "real_seen": 30}
    found = wasserstein(preset, **heads, edited_classified=full(0, 30), real_classified=full(0, 30))
    short = np.log(1 + np.exp(preset.editor_margin))
    assert found["editor match"] == pytest.approx(preset.editor_match * short / 2 / 4)
    assert found["editor kept"] == pytest.approx(0, abs=1e-6)
    moved = wasserstein(preset, **heads, edited_classified=full(-3, 30), real_classified=full(3, 30))
    by_head = wasserstein(preset, edited_seen=-3, real_seen=3)
    assert moved["editor kept"] == pytest.approx(by_head["editor kept"] / 3)
    alone = wasserstein(preset, **heads)
    others = [name for name in alone if not name.startswith("editor")]
    assert [moved[name] for name in others] == [alone[name] for name in others]


def test_without_it_the_match_head_says_all_of_it(small_preset):
    preset = small_preset("tiny")
    found = wasserstein(preset, edited_match=30, edited_seen=30)
    assert "discriminator seen" not in found
    assert found["editor match"] == pytest.approx(0, abs=1e-6)
    assert found["discriminator edited_match"] == pytest.approx(30)


def test_that_edited_faces_look_real_weighs_as_the_preset_says(small_preset):
    """To the editor; to the critic they are as false as generated ones."""
    preset = replace(small_preset("tiny"), editor_adversarial=6.0)
    found = wasserstein(preset, edited_score=2, generated_score=-4)
    assert found["editor adversarial"] == pytest.approx(-12)
    assert found["generator adversarial"] == pytest.approx(4)
    assert found["discriminator adversarial"] == pytest.approx(-1)


def test_what_drawn_glasses_cover_is_restored(small_preset):
    """Nearness to the faces as they were, not to the photos; and it weighs more than elsewhere."""
    preset = small_preset("celeba128")
    images = {"real": 0.5, "reference": 0.25, "edited": -0.5}
    pictures = {name: ops.full((2, 4, 4, 3), value) for name, value in images.items()}
    pictures["drawn_on"] = ops.reshape(ops.convert_to_tensor([1.0, 0.0]), (2, 1, 1, 1))
    found = wasserstein(preset, **pictures)
    assert found["editor reconstruction"] == pytest.approx(preset.editor_reconstruction * 0.75)
    assert found["editor restoration"] == pytest.approx(preset.editor_restoration * 0.75 / 2)
    same = wasserstein(preset, **pictures | {"reference": pictures["real"]})
    assert same["editor reconstruction"] == pytest.approx(preset.editor_reconstruction) and same["editor restoration"] == 0
    assert "editor restoration" not in wasserstein(small_preset("tiny"), **pictures)


def test_outside_the_region_that_an_edit_is_about_every_change_weighs_more(small_preset):
    preset = small_preset("celeba128")
    pictures = {"edited": ops.full((2, 4, 4, 3), 0.5), "region": ops.convert_to_tensor(np.eye(4)[None, ..., None], "float32")}
    found = wasserstein(preset, **pictures)
    assert found["editor outside"] == pytest.approx(preset.editor_outside * 0.5 * 12 / 16)
    assert found["editor reconstruction"] == pytest.approx(preset.editor_reconstruction * 0.5)
    assert "editor outside" not in wasserstein(small_preset("tiny"), **pictures)
