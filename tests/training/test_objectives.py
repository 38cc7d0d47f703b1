"""How the discriminator's answers become losses."""

from dataclasses import fields, replace

import numpy as np
import pytest
from keras import ops

from facegan.training.objectives import Judged, paper_terms

NAMES = [field.name for field in fields(Judged)]


def terms(preset, answers):
    """The paper's terms, as numbers, where every picture is black and these are the answers; all others are 0."""
    judged = Judged(**{name: ops.zeros((2, 1)) for name in NAMES})
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
