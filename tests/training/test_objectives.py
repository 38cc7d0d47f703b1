"""How the networks' outputs become losses."""

from dataclasses import replace

import numpy as np
import pytest
from keras import ops

from facegan.training.objectives import OfEach, Outputs, loss_terms, penalised

EACH = ("real", "generated", "edited")
UNSURE = np.log(2)  # the cross-entropy of a logit of 0


def full(value, columns=2):
    return ops.full((2, columns), float(value))


def terms(recipe, columns=2, **values):
    """The terms, as numbers, where every image is black and every other output 0, except these; all labels are known.

    Of two columns, the first one is to change.
    """
    values = {name: full(value, columns) if np.isscalar(value) else value for name, value in values.items()}
    of_each = lambda kind: OfEach(*(values.pop(f"{name}_{kind}", full(0, columns)) for name in EACH))
    outputs = Outputs(
        images=OfEach(*(ops.zeros((2, 4, 4, 3)) for _ in EACH)),
        score=of_each("score"),
        match=of_each("match"),
        mismatched_match=full(0, columns),
        known=full(1, columns),
        changed=ops.convert_to_tensor([[1.0, 0.0][:columns]] * 2),
        # A slope of one, for which there is no penalty.
        penalty_gradients=ops.full((2, 4, 4, 3), 1 / np.sqrt(48)),
    )
    found = loss_terms(recipe, replace(outputs, **values))
    return {f"{network} {name}": float(value) for network, parts in found.items() for name, value in parts.items()}


@pytest.mark.parametrize("largest, expected", [(1000, 0.0), (-1000, 2.0)])
def test_the_papers_scores_stay_in_0_to_1(small_recipe, largest, expected):
    """However large the outputs are, right or wrong, the discriminator's losses are those of 0 and 1."""
    right = {"real_score": largest, "generated_score": -largest, "real_match": largest, "generated_match": -largest}
    found = terms(small_recipe("paper"), columns=1, **right, mismatched_match=-largest)
    assert found["discriminator adversarial"] == found["discriminator match"] == expected
    assert found["discriminator gradient_penalty"] == pytest.approx(0, abs=1e-8)


def test_the_papers_generator_and_editor_are_trained_towards_1(small_recipe):
    outputs = {"generated_score": 0, "generated_match": np.log(3), "edited_score": -np.log(3), "edited_match": 1000}
    found = terms(small_recipe("paper"), columns=1, **outputs)
    assert found["generator adversarial"] == pytest.approx(0.5)
    assert found["generator match"] == pytest.approx(0.25)
    assert found["editor adversarial"] == pytest.approx(0.75)
    assert found["editor match"] == pytest.approx(0.0)


def test_each_network_has_the_terms_of_its_recipe(small_recipe):
    by_network = {}
    for name, outputs in {
        "paper": {},
        "tiny": {},
        "celeba128": {**scores(), "feature_match": classified(), "found": classified()},
    }.items():
        for term in terms(small_recipe(name), columns=2, **outputs):
            network, _, term = term.partition(" ")
            by_network.setdefault((name, network), []).append(term)
    common = ["adversarial", "match"]
    critic, editor = [*common, "edited_match", "gradient_penalty"], [*common, "preservation", "reconstruction"]
    assert by_network == {
        ("paper", "discriminator"): [*common, "gradient_penalty"],
        ("paper", "generator"): [*common, "reconstruction"],
        ("paper", "editor"): [*common, "reconstruction"],
        ("tiny", "discriminator"): critic,
        ("tiny", "generator"): common,
        ("tiny", "editor"): editor,
        ("celeba128", "discriminator"): critic,
        ("celeba128", "generator"): [*common, "feature_adversarial"],
        ("celeba128", "editor"): [*editor, "feature_adversarial", "perceptual"],
        ("celeba128", "feature_critic"): common,
    }


def classified(real=0, generated=0, edited=0):
    return OfEach(full(real), full(generated), full(edited))


def scores(real=0, generated=0, edited=0, distance=0):
    return {
        "feature_score": classified(real, generated, edited),
        "feature_distance": ops.convert_to_tensor(float(distance)),
    }


def test_without_other_classifiers_the_match_head_judges_everything(small_recipe):
    recipe = small_recipe("tiny")
    found = terms(recipe, edited_match=30, generated_match=30)
    assert found["discriminator match"] == pytest.approx(recipe.objective.discriminator.match * UNSURE)
    assert found["discriminator edited_match"] == pytest.approx(30)
    assert found["generator match"] == pytest.approx(0, abs=1e-6)
    assert found["editor match"] == pytest.approx(0, abs=1e-6)
    assert found["editor preservation"] == pytest.approx(0, abs=1e-6)


def test_classifiers_that_learn_from_photos_alone_judge_generated_faces_and_what_an_edit_preserves(small_recipe):
    """Of the change itself, the match head has to be convinced, too; each classifier counts the same."""
    recipe = small_recipe("celeba128")
    weights = recipe.objective
    sure = classified(30, 30, 30)
    found = terms(recipe, **scores(), feature_match=sure, found=sure)
    assert found["generator match"] == pytest.approx(0, abs=1e-6)
    assert found["editor preservation"] == pytest.approx(0, abs=1e-6)
    # Of a logit of 0, which is to be beyond the margin; half of the columns are to change.
    short = np.log(1 + np.exp(weights.editor.margin))
    assert found["editor match"] == pytest.approx(weights.editor.match * short / 2 / 3)
    moved = terms(recipe, **scores(), feature_match=sure, found=classified(3, 30, -3))
    assert moved["editor preservation"] > 1
    assert (
        moved["editor preservation"]
        == terms(recipe, **scores(), feature_match=sure, found=classified(3, 30, -3), edited_match=9)[
            "editor preservation"
        ]
    )
    # The discriminator learns nothing from them.
    same = [name for name in found if name.startswith("discriminator")]
    assert [found[name] for name in same] == [moved[name] for name in same]


def test_preservation_is_of_the_prediction_or_of_the_label(small_recipe):
    """A face that is predicted to be unlike its label stays so with the one, and changes with the other."""
    recipe = lambda target: small_recipe("tiny", {"objective.editor.preservation_target": target})
    weight = recipe("label").objective.editor.preservation
    unlike = {"real_match": -3, "edited_match": -3}
    assert terms(recipe("prediction"), **unlike)["editor preservation"] == pytest.approx(0, abs=1e-5)
    expected = weight * np.log1p(np.exp(3)) / 2
    assert terms(recipe("label"), **unlike)["editor preservation"] == pytest.approx(expected, rel=1e-5)


def test_the_feature_critic_learns_the_hinge_loss_and_the_known_labels(small_recipe):
    recipe = small_recipe("celeba128")
    critic = recipe.feature_critic
    known = ops.convert_to_tensor([[1.0, 0.0]] * 2)
    found = terms(
        recipe, known=known, **scores(real=0.5, generated=-3, edited=1, distance=0.25),
        feature_match=classified(), found=classified(),
    )  # fmt: skip
    assert found["feature_critic adversarial"] == pytest.approx(0.5 + (0 + 2) / 2)
    assert found["feature_critic match"] == pytest.approx(UNSURE / 2)
    assert found["generator feature_adversarial"] == pytest.approx(3 * critic.generator)
    assert found["editor feature_adversarial"] == pytest.approx(-1 * critic.editor)
    assert found["editor perceptual"] == pytest.approx(0.25 * critic.perceptual)


def test_the_weight_of_the_critics_score_is_the_recipes(small_recipe):
    """To the editor; to the critic, edited faces are as false as generated ones."""
    recipe = small_recipe("tiny", {"objective.editor.adversarial": 6.0})
    found = terms(recipe, edited_score=2, generated_score=-4)
    assert found["editor adversarial"] == pytest.approx(-12)
    assert found["generator adversarial"] == pytest.approx(4)
    assert found["discriminator adversarial"] == pytest.approx(-1)


def test_the_penalty_looks_towards_generated_and_edited_faces_in_turn(small_recipe):
    generated, edited = ops.zeros((4, 2, 2, 3)), ops.ones((4, 2, 2, 3))
    towards = lambda name: ops.convert_to_numpy(penalised(small_recipe(name), generated, edited))[:, 0, 0, 0].tolist()
    assert towards("paper") == [0, 0, 0, 0]
    assert towards("tiny") == [0, 1, 0, 1]
