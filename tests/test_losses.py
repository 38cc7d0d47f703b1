"""Every loss against its formula, written out in NumPy."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan import losses
from facegan.training.backends import input_gradients

RANDOM = np.random.default_rng(0)
SCORES = RANDOM.random((3, 6, 1)).astype("float32")
LOGITS = RANDOM.standard_normal((5, 8)).astype("float32")
REAL, MADE = RANDOM.uniform(-1, 1, (2, 4, 6, 6, 3)).astype("float32")


def value(tensor):
    return float(ops.convert_to_numpy(tensor))


def test_formula_1_wants_one_for_photos_and_zero_for_generated_faces():
    real, generated, _ = SCORES
    expected = np.abs(1 - real).mean() + np.abs(generated).mean()
    assert value(losses.discriminator_adversarial_loss(real, generated)) == pytest.approx(expected, rel=1e-6)
    assert value(losses.discriminator_adversarial_loss(np.ones_like(real), np.zeros_like(real))) == 0


def test_formula_2_takes_the_mean_over_both_kinds_of_false_pairs():
    real, generated, mismatched = SCORES
    expected = np.abs(1 - real).mean() + (np.abs(generated).mean() + np.abs(mismatched).mean()) / 2
    assert value(losses.match_loss(real, [generated, mismatched])) == pytest.approx(expected, rel=1e-6)


def test_gradient_penalty_is_the_squared_distance_of_each_slope_from_one():
    norms = np.sqrt((REAL.reshape(4, -1) ** 2).sum(axis=1))
    assert value(losses.gradient_penalty(REAL)) == pytest.approx(((norms - 1) ** 2).mean(), rel=1e-5)
    slopes_of_one = REAL / norms[:, None, None, None]
    assert value(losses.gradient_penalty(slopes_of_one)) == pytest.approx(0, abs=1e-10)


def test_gradient_penalty_has_a_finite_derivative_where_the_gradient_is_zero():
    zero = ops.zeros((2, 4, 4, 3))
    assert value(losses.gradient_penalty(zero)) == pytest.approx(1, abs=1e-5)
    derivative = ops.convert_to_numpy(input_gradients(losses.gradient_penalty, zero))
    assert np.isfinite(derivative).all()


def test_gradient_penalty_of_a_flat_critic_has_a_finite_derivative():
    """As it occurs in training: a derivative of a gradient that is zero."""

    def penalty(weight):
        photos = ops.ones((2, 4, 4, 3))
        slopes = input_gradients(lambda images: ops.sum(images * weight, axis=(1, 2, 3)), photos)
        return losses.gradient_penalty(slopes)

    assert np.isfinite(ops.convert_to_numpy(input_gradients(penalty, ops.zeros(())))).all()


def test_gradient_penalty_is_float32_whatever_comes_in():
    rounded = ops.cast(REAL, "bfloat16")
    penalty = losses.gradient_penalty(rounded)
    assert keras.backend.standardize_dtype(penalty.dtype) == "float32"
    assert value(penalty) == pytest.approx(value(losses.gradient_penalty(ops.cast(rounded, "float32"))), rel=1e-6)


def test_formulas_4_and_8_want_one_for_made_faces():
    score = SCORES[0]
    assert value(losses.fooling_loss(score)) == pytest.approx(np.abs(1 - score).mean(), rel=1e-6)
    assert value(losses.fooling_loss(np.ones((3, 1), "float32"))) == 0


def test_formula_5_is_the_mean_absolute_difference():
    assert value(losses.absolute_error(REAL, MADE)) == pytest.approx(np.abs(REAL - MADE).mean(), rel=1e-5)


def test_the_end_of_formula_8_is_the_mean_squared_difference():
    assert value(losses.square_error(REAL, MADE)) == pytest.approx(((REAL - MADE) ** 2).mean(), rel=1e-5)


def test_wasserstein_critic_wants_photos_above_made_faces():
    expected = SCORES[1].mean() - SCORES[0].mean()
    assert value(losses.wasserstein_critic_loss(SCORES[0], SCORES[1])) == pytest.approx(expected, abs=1e-6)


def test_hinge_critic_wants_photos_above_one_and_made_faces_below_minus_one():
    real, false = LOGITS, -2 * LOGITS[::-1]
    expected = np.maximum(0, 1 - real).mean() + np.maximum(0, 1 + false).mean()
    assert value(losses.hinge_critic_loss(real, false)) == pytest.approx(expected, rel=1e-5)
    assert value(losses.hinge_critic_loss(np.ones((2, 3), "float32"), -np.ones((2, 3), "float32"))) == 0


def test_agreement_is_the_cross_entropy_of_every_known_column_being_true():
    cross_entropy = -np.log(1 / (1 + np.exp(-LOGITS)))
    assert value(losses.agreement_loss(LOGITS)) == pytest.approx(cross_entropy.mean(), rel=1e-5)
    known = (RANDOM.random(LOGITS.shape) < 0.6).astype("float32")
    assert value(losses.agreement_loss(LOGITS, known)) == pytest.approx((known * cross_entropy).mean(), rel=1e-5)


def test_changed_and_unchanged_columns_make_up_the_agreement():
    changed = (RANDOM.random(LOGITS.shape) < 0.3).astype("float32")
    parts = value(losses.changed_loss(LOGITS, changed)) + value(losses.changed_loss(LOGITS, 1 - changed))
    assert parts == pytest.approx(value(losses.agreement_loss(LOGITS)), rel=1e-5)
    alone = (changed * np.log(1 + np.exp(-LOGITS))).mean()
    assert value(losses.changed_loss(LOGITS, changed)) == pytest.approx(alone, rel=1e-5)
    beyond = (changed * np.log(1 + np.exp(1.5 - LOGITS))).mean()
    assert value(losses.changed_loss(LOGITS, changed, margin=1.5)) == pytest.approx(beyond, rel=1e-5)


def test_preservation_is_the_divergence_between_the_predictions_before_and_after():
    before = RANDOM.normal(size=LOGITS.shape).astype("float32")
    changed = (RANDOM.random(LOGITS.shape) < 0.3).astype("float32")
    p, q = 1 / (1 + np.exp(-before)), 1 / (1 + np.exp(-LOGITS))
    divergence = p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
    assert value(losses.preservation_loss(LOGITS, before, changed)) == pytest.approx(
        ((1 - changed) * divergence).mean(), rel=1e-4
    )
    assert value(losses.preservation_loss(before, before, changed)) == 0
    assert value(losses.preservation_loss(LOGITS, before, np.ones_like(changed))) == 0


def test_disagreement_is_the_cross_entropy_of_the_counted_columns_being_false():
    counted = (RANDOM.random(LOGITS.shape) < 0.3).astype("float32")
    counted[:, 0] = 1.0
    false = -np.log(1 - 1 / (1 + np.exp(-LOGITS)))
    expected = np.mean([face[columns == 1].mean() for face, columns in zip(false, counted)])
    assert value(losses.disagreement_loss(LOGITS, counted)) == pytest.approx(expected, rel=1e-5)


def test_preservation_has_no_gradient_towards_the_photo():
    after, changed = LOGITS + 1, np.zeros_like(LOGITS)
    slopes = input_gradients(
        lambda before: losses.preservation_loss(after, before, changed), ops.convert_to_tensor(LOGITS)
    )
    assert slopes is None or not ops.convert_to_numpy(slopes).any()


def test_both_values_of_a_column_have_the_same_weight():
    """With the rare value right and the common one wrong, or the other way round, the loss is the same."""
    labels = np.array([[1.0]] + [[0.0]] * 9, "float32")
    known = np.ones_like(labels)

    def total(rare, common, known=known):
        logits = np.array([[rare]] + [[common]] * 9, "float32")
        return value(losses.balanced_cross_entropy(labels, known, logits, np.array([0.1])))

    assert total(-3.0, -3.0) == pytest.approx(total(3.0, 3.0), rel=1e-5)
    plain = 0.5 * np.log1p(np.exp(3)) + 0.5 * np.log1p(np.exp(-3))
    assert total(-3.0, -3.0) == pytest.approx(plain, rel=1e-5)
    # An unknown label counts as zero, whatever is predicted.
    unknown = known.copy()
    unknown[0] = 0
    assert (
        total(-3.0, -3.0, unknown) == total(9.0, -3.0, unknown) == pytest.approx(0.5 * np.log1p(np.exp(-3)), rel=1e-5)
    )


def test_the_weight_of_a_value_that_hardly_occurs_is_limited():
    one = np.ones((1, 1), "float32")
    loss = value(losses.balanced_cross_entropy(one, one, 0 * one, np.array([1e-6])))
    assert loss == pytest.approx(0.5 / 0.02 * np.log(2), rel=1e-5)


@pytest.mark.parametrize(
    "loss",
    [
        losses.agreement_loss,
        lambda logits: losses.disagreement_loss(-logits, ops.ones_like(logits)),
        lambda logits: losses.preservation_loss(logits, -logits, ops.zeros_like(logits)),
    ],
)
def test_cross_entropies_stay_finite_for_logits_that_are_large_and_wrong(loss):
    assert value(loss(ops.full((2, 8), -1e4))) == pytest.approx(1e4)
