"""The loss terms of each network, by the recipe's objective. A network's loss is the sum of its terms."""

from collections.abc import Iterable
from dataclasses import dataclass

from keras import ops

from facegan import losses
from facegan.recipe import Recipe
from facegan.recipe.objective import FeatureCritic, PaperObjective, WassersteinObjective
from facegan.tensors import Tensor


@dataclass(frozen=True)
class Classified:
    """Match logits `(batch, k)` of a classifier that learns from photos alone.

    Attributes:
        real, generated: with the photos' conditions.
        edited: with the wished-for ones.
    """

    real: Tensor
    generated: Tensor
    edited: Tensor


@dataclass(frozen=True)
class FeatureScores:
    """The feature critic's outputs.

    Attributes:
        real, generated, edited: `(batch, places)`, unbounded.
        distance: a scalar, the mean absolute difference between the features of photos and of their edits.
    """

    real: Tensor
    generated: Tensor
    edited: Tensor
    distance: Tensor


@dataclass(frozen=True)
class Outputs:
    """What the networks have made of one batch.

    Attributes:
        real, generated, edited: `(batch, size, size, 3)` in -1..1.
        real_score, generated_score, edited_score: the critic's, `(batch, 1)`, unbounded.
        real_match, generated_match: match logits `(batch, k)` with the photos' conditions.
        edited_match: with the wished-for conditions.
        mismatched_match: of real photos with conditions that are not theirs.
        known: `(batch, k)`, 1 where a photo's label is known.
        changed: `(batch, k)`, 1 for the columns that the editor is to change.
        penalty_gradients: of the score, at points between real and made images.
        feature_scores: `FeatureScores` where the recipe has a feature critic, or None.
        feature_match: its `Classified`, or None.
        found: the attribute finder's `Classified`, or None.
    """

    real: Tensor
    generated: Tensor
    edited: Tensor
    real_score: Tensor
    generated_score: Tensor
    edited_score: Tensor
    real_match: Tensor
    generated_match: Tensor
    edited_match: Tensor
    mismatched_match: Tensor
    known: Tensor
    changed: Tensor
    penalty_gradients: Tensor
    feature_scores: FeatureScores | None = None
    feature_match: Classified | None = None
    found: Classified | None = None

    @property
    def classified(self) -> list[Classified]:
        """What the classifiers that learn from photos alone predict."""
        return [classified for classified in (self.feature_match, self.found) if classified is not None]


def loss_terms(recipe: Recipe, outputs: Outputs) -> dict[str, dict[str, Tensor]]:
    """`{network: {term: scalar}}` of the recipe's objective."""
    if isinstance(recipe.objective, PaperObjective):
        return _paper_terms(recipe.objective, outputs)
    return _wasserstein_terms(recipe.objective, recipe.feature_critic, outputs)


def penalised(recipe: Recipe, generated: Tensor, edited: Tensor) -> Tensor:
    """The made images towards which the gradient penalty looks from the real ones.

    The paper has generated ones. Where edited faces are scored as made, too, they alternate: the critic's slope has to
    be bounded towards both, or the editor finds noise that pleases it.
    """
    if isinstance(recipe.objective, PaperObjective):
        return generated
    odd = ops.arange(ops.shape(generated)[0]) % 2 == 1
    return ops.where(odd[:, None, None, None], edited, generated)


def _paper_terms(weights: PaperObjective, outputs: Outputs) -> dict[str, dict[str, Tensor]]:
    """Formulas 1 to 6 and 8, with all scores and matches bounded by a sigmoid.

    The penalty is on the slope of the score before the sigmoid, as in WGAN-GP: a bounded score of 0 or 1 has no slope
    anywhere, and neither the losses nor the penalty could bring it back.
    """

    def bounded(name: str) -> Tensor:
        return ops.sigmoid(getattr(outputs, name))

    return {
        "discriminator": {
            "adversarial": losses.discriminator_adversarial_loss(bounded("real_score"), bounded("generated_score")),
            "match": losses.match_loss(
                bounded("real_match"), [bounded("generated_match"), bounded("mismatched_match")]
            ),
            "gradient_penalty": weights.gradient_penalty * losses.gradient_penalty(outputs.penalty_gradients),
        },
        "generator": {
            "adversarial": losses.fooling_loss(bounded("generated_score")),
            "match": losses.fooling_loss(bounded("generated_match")),
            "reconstruction": weights.reconstruction * losses.absolute_error(outputs.real, outputs.generated),
        },
        "editor": {
            "adversarial": losses.fooling_loss(bounded("edited_score")),
            "match": losses.fooling_loss(bounded("edited_match")),
            "reconstruction": weights.reconstruction * losses.square_error(outputs.real, outputs.edited),
        },
    }


def _wasserstein_terms(
    weights: WassersteinObjective, critic: FeatureCritic | None, outputs: Outputs
) -> dict[str, dict[str, Tensor]]:
    """WGAN-GP's critic, which also scores edited faces, and classifiers of the label columns (AttGAN).

    As in formula 2, what is made does not match: the match head learns that the changed columns of an edited face are
    still as they were, so the editor cannot convince it by noise. Classifiers that learn from photos alone, where the
    recipe has any, say whether an edit shows and what it preserves.
    """
    false_score = ops.concatenate([outputs.generated_score, outputs.edited_score])
    generated_matches = [each.generated for each in outputs.classified] or [outputs.generated_match]
    edited_matches = [outputs.edited_match, *(each.edited for each in outputs.classified)]
    terms = {
        "discriminator": {
            "adversarial": losses.wasserstein_critic_loss(outputs.real_score, false_score),
            "match": weights.critic.match * losses.agreement_loss(outputs.real_match, outputs.known),
            "edited_match": losses.disagreement_loss(outputs.edited_match, outputs.changed),
            "gradient_penalty": weights.critic.gradient_penalty * losses.gradient_penalty(outputs.penalty_gradients),
        },
        "generator": {
            "adversarial": -ops.mean(outputs.generated_score),
            "match": weights.generator.match * _mean(map(losses.agreement_loss, generated_matches)),
        },
        "editor": {
            "adversarial": -weights.editor.adversarial * ops.mean(outputs.edited_score),
            "match": weights.editor.match
            * _mean(losses.changed_loss(match, outputs.changed, weights.editor.margin) for match in edited_matches),
            "preservation": weights.editor.preservation * _preservation(weights.editor.preservation_target, outputs),
            "reconstruction": weights.editor.reconstruction * losses.absolute_error(outputs.real, outputs.edited),
        },
    }
    if critic and outputs.feature_scores and outputs.feature_match:
        scores = outputs.feature_scores
        terms["generator"]["feature_adversarial"] = -critic.generator * ops.mean(scores.generated)
        terms["editor"]["feature_adversarial"] = -critic.editor * ops.mean(scores.edited)
        terms["editor"]["perceptual"] = critic.perceptual * scores.distance
        terms["feature_critic"] = {
            "adversarial": losses.hinge_critic_loss(scores.real, ops.concatenate([scores.generated, scores.edited])),
            "match": losses.agreement_loss(outputs.feature_match.real, outputs.known),
        }
    return terms


def _preservation(target: str, outputs: Outputs) -> Tensor:
    """How much the columns that are not to change have changed."""
    classified = outputs.classified or [Classified(outputs.real_match, outputs.generated_match, outputs.edited_match)]
    if target == "prediction":
        return _mean(losses.preservation_loss(each.edited, each.real, outputs.changed) for each in classified)
    return _mean(losses.changed_loss(each.edited, 1.0 - outputs.changed) for each in classified)


def _mean(values: Iterable[Tensor]) -> Tensor:
    each = list(values)
    return sum(each) / len(each)
