"""The paper's losses, with the numbers of its formulas, and further losses: pure functions of float32 tensors.

`D` is the discriminator's score, `A` its match of face and condition, `y` a real photo, `G` a generated and `U` an
edited one. The norms in the paper are absolute values, because a score is a single number.
"""

import numpy as np
from keras import ops

from facegan.tensors import Tensor

# Keeps the square root of the gradient penalty differentiable where the gradient is zero.
PENALTY_EPSILON = 1e-12


def discriminator_adversarial_loss(real_score: Tensor, generated_score: Tensor) -> Tensor:
    """Formula 1: `E|1 - D(y)| + E|D(G(z, c))|`.

    Args:
        real_score: `(batch, 1)` in 0..1.
        generated_score: the same.

    Returns:
        A scalar in 0..2.
    """
    return ops.mean(ops.abs(1.0 - real_score)) + ops.mean(ops.abs(generated_score))


def match_loss(real_match: Tensor, false_matches: list[Tensor]) -> Tensor:
    """Formula 2: `E|1 - A(y, c)| + E_fake|A(., c)|`.

    Args:
        real_match: `(batch, 1)` in 0..1, real photos with their own condition.
        false_matches: a list of such tensors: generated faces with their condition, and real photos with a condition
            that is not theirs, without which A could not learn to match (as in GAN-CLS, Reed et al. 2016).

    Returns:
        A scalar in 0..2.
    """
    return ops.mean(ops.abs(1.0 - real_match)) + ops.mean(ops.abs(ops.concatenate(false_matches)))


def gradient_penalty(gradients: Tensor) -> Tensor:
    """WGAN-GP's penalty `E(||grad D|| - 1)^2` in formula 3 (Gulrajani et al. 2017).

    Args:
        gradients: `(batch, height, width, channels)`, of the score at points between real and generated images.

    Returns:
        A scalar of 0 or more, computed in float32.
    """
    gradients = ops.cast(gradients, "float32")
    norm = ops.sqrt(ops.sum(ops.square(gradients), axis=(1, 2, 3)) + PENALTY_EPSILON)
    return ops.mean(ops.square(norm - 1.0))


def fooling_loss(score: Tensor) -> Tensor:
    """`E|1 - D(.)|`, and the same for A: the first terms of formulas 4 and 8.

    The printed formulas have `|D|`, but according to the text the discriminator should output 1.

    Args:
        score: `(batch, 1)` in 0..1.
    """
    return ops.mean(ops.abs(1.0 - score))


def absolute_error(real: Tensor, made: Tensor) -> Tensor:
    """Formula 5: `E|y - G(z, c)|`, the mean over all values of all images."""
    return ops.mean(ops.abs(real - made))


def square_error(real: Tensor, made: Tensor) -> Tensor:
    """The last term of formula 8: `E(y - U(x, c))^2`, the mean over all values of all images."""
    return ops.mean(ops.square(real - made))


def wasserstein_critic_loss(real_score: Tensor, false_score: Tensor) -> Tensor:
    """`E D(false) - E D(y)` of an unbounded critic (Arjovsky et al. 2017)."""
    return ops.mean(false_score) - ops.mean(real_score)


def hinge_critic_loss(real_score: Tensor, false_score: Tensor) -> Tensor:
    """The hinge loss of a critic: `E max(0, 1 - D(y)) + E max(0, 1 + D(false))` (Lim and Ye 2017).

    Args:
        real_score: `(batch, positions)`, unbounded.
        false_score: the same.
    """
    return ops.mean(ops.relu(1.0 - real_score)) + ops.mean(ops.relu(1.0 + false_score))


def agreement_loss(match_logits: Tensor, known: Tensor = 1.0) -> Tensor:
    """Cross-entropy of "every known column of the condition matches this face": `E softplus(-logit)`.

    Args:
        match_logits: `(batch, columns)`, positive where face and condition agree.
        known: the same shape, 1 where the face's label is known; unknown labels have zero loss.
    """
    return ops.mean(known * ops.softplus(-match_logits))


def changed_loss(match_logits: Tensor, changed: Tensor, margin: float = 0.0) -> Tensor:
    """`agreement_loss` of the columns that an edit should change; other columns have zero loss.

    Args:
        match_logits: `(batch, columns)`, positive where face and requested condition agree.
        changed: the same shape, 1 for the columns that should change, else 0.
        margin: the target beyond agreement, in logits.
    """
    return ops.mean(changed * ops.softplus(margin - match_logits))


def preservation_loss(match_logits: Tensor, match_logits_before: Tensor, changed: Tensor) -> Tensor:
    """The change in the predictions of columns that an edit should preserve: `E KL(before || after)`.

    Agreement with the label, as in `agreement_loss`, would be stricter: a face that is labelled young but looks old
    would have to become younger whenever glasses are added.

    Args:
        match_logits: `(batch, columns)`, of the edited face, positive where the column agrees with the label.
        match_logits_before: the same for the real face.
        changed: the same shape, 1 for the columns that should change, else 0.

    Returns:
        A scalar of 0 or more; its gradient flows only to the edited face.
    """
    before = ops.stop_gradient(match_logits_before)
    # KL of two Bernoulli distributions by their logits: softplus'(x) = sigmoid(x), so it is softplus' Bregman distance.
    moved = ops.softplus(match_logits) - ops.softplus(before) - ops.sigmoid(before) * (match_logits - before)
    return ops.mean((1.0 - changed) * moved)


def disagreement_loss(match_logits: Tensor, columns: Tensor) -> Tensor:
    """Cross-entropy of "these columns of the condition do not match this face".

    Every face has the same weight, however many of its columns count. So the loss is a mean over faces, which can be
    split across devices.

    Args:
        match_logits: `(batch, columns)`, positive where face and condition agree.
        columns: the same shape, 1 for the columns that count, at least one for each face.
    """
    counted = ops.sum(columns * ops.softplus(match_logits), axis=1)
    return ops.mean(counted / ops.sum(columns, axis=1))


def balanced_cross_entropy(labels: Tensor, known: Tensor, logits: Tensor, frequencies: np.ndarray) -> Tensor:
    """Cross-entropy in which the two values of a column have the same total weight, however rare one of them is.

    Args:
        labels: `(batch, columns)`, 0 or 1.
        known: the same shape, 1 where the label is known; unknown labels have zero loss.
        logits: the same shape.
        frequencies: `(columns,)` NumPy array, how often each column is 1 in the training data.

    Returns:
        A scalar.
    """
    # Otherwise a very rare value would have so much weight that its few faces are memorised.
    frequencies = np.clip(frequencies, 0.02, 0.98).astype("float32")
    weights = known * (labels * 0.5 / frequencies + (1 - labels) * 0.5 / (1 - frequencies))
    return ops.mean(weights * (ops.softplus(logits) - labels * logits))
