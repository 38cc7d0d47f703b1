"""The loss terms of each network in the recipe's objective. A network's loss is the sum of its terms."""

from dataclasses import dataclass

from keras import ops

from facegan import losses
from facegan.recipe import Recipe
from facegan.recipe.objective import FeatureCritic, PaperObjective, WassersteinObjective
from facegan.tensors import Tensor


@dataclass(frozen=True)
class OfEach:
    """A network's outputs for the real, the generated and the edited images of a batch."""

    real: Tensor
    generated: Tensor
    edited: Tensor


@dataclass(frozen=True)
class Outputs:
    """The outputs of all networks for one batch.

    Match logits are `(batch, k)`: of edited images with the requested conditions, of others with the photos'.

    Attributes:
        images: `(batch, size, size, 3)` in -1..1.
        score: the critic's, `(batch, 1)`, unbounded.
        match: the discriminator's match logits.
        mismatched_match: the match logits of real photos with conditions that are not theirs.
        known: `(batch, k)`, 1 where a photo's label is known.
        changed: `(batch, k)`, 1 for the columns that the editor should change.
        penalty_gradients: gradients of the score, at points between real and synthetic images.
        feature_score: the feature critic's, `(batch, positions)`, unbounded; None without one.
        feature_distance: a scalar, the mean absolute difference between the features of photos and their edits.
        feature_match: the feature critic's match logits.
        found: the attribute finder's match logits; None without one.
    """

    images: OfEach
    score: OfEach
    match: OfEach
    mismatched_match: Tensor
    known: Tensor
    changed: Tensor
    penalty_gradients: Tensor
    feature_score: OfEach | None = None
    feature_distance: Tensor = None
    feature_match: OfEach | None = None
    found: OfEach | None = None

    @property
    def classified(self) -> list[OfEach]:
        """The match logits of the classifiers that learn from photos alone."""
        return [match for match in (self.feature_match, self.found) if match is not None]


def loss_terms(recipe: Recipe, outputs: Outputs) -> dict[str, dict[str, Tensor]]:
    """`{network: {term: scalar}}` of the recipe's objective."""
    if isinstance(recipe.objective, PaperObjective):
        return _paper_terms(recipe.objective, outputs)
    return _wasserstein_terms(recipe.objective, recipe.feature_critic, outputs)


def penalised(recipe: Recipe, generated: Tensor, edited: Tensor) -> Tensor:
    """The synthetic images to which the gradient penalty interpolates from the real ones.

    In the paper these are generated. If the critic also scores edited faces as synthetic, the batch alternates between
    both: with an unbounded slope towards edited faces, the editor finds noise that raises the score.
    """
    if isinstance(recipe.objective, PaperObjective):
        return generated
    odd = ops.arange(ops.shape(generated)[0]) % 2 == 1
    return ops.where(odd[:, None, None, None], edited, generated)


def _paper_terms(weights: PaperObjective, outputs: Outputs) -> dict[str, dict[str, Tensor]]:
    """Formulas 1 to 6 and 8, with all scores and matches bounded by a sigmoid.

    The penalty applies to the gradient of the score before the sigmoid, as in WGAN-GP: a saturated score of 0 or 1 has
    no gradient, so neither the losses nor the penalty could move it again.
    """
    images = outputs.images
    score, match = (
        OfEach(*map(ops.sigmoid, (each.real, each.generated, each.edited))) for each in (outputs.score, outputs.match)
    )
    return {
        "discriminator": {
            "adversarial": losses.discriminator_adversarial_loss(score.real, score.generated),
            "match": losses.match_loss(match.real, [match.generated, ops.sigmoid(outputs.mismatched_match)]),
            "gradient_penalty": weights.gradient_penalty * losses.gradient_penalty(outputs.penalty_gradients),
        },
        "generator": {
            "adversarial": losses.fooling_loss(score.generated),
            "match": losses.fooling_loss(match.generated),
            "reconstruction": weights.reconstruction * losses.absolute_error(images.real, images.generated),
        },
        "editor": {
            "adversarial": losses.fooling_loss(score.edited),
            "match": losses.fooling_loss(match.edited),
            "reconstruction": weights.reconstruction * losses.square_error(images.real, images.edited),
        },
    }


def _wasserstein_terms(
    weights: WassersteinObjective, critic: FeatureCritic | None, outputs: Outputs
) -> dict[str, dict[str, Tensor]]:
    """WGAN-GP's critic, which also scores edited faces, and classifiers of the label columns (AttGAN).

    As in formula 2, synthetic images do not match: the match head learns that the changed columns of an edited face are
    unchanged, so the editor cannot fool it with noise. If the recipe has classifiers that learn from photos alone, they
    provide the editor's losses for change and preservation.
    """
    score, match, changed = outputs.score, outputs.match, outputs.changed
    classified = outputs.classified or [match]
    deciding = [match, *outputs.classified]
    if weights.editor.preservation_target == "prediction":
        moved = [losses.preservation_loss(each.edited, each.real, changed) for each in classified]
    else:
        moved = [losses.changed_loss(each.edited, 1.0 - changed) for each in classified]
    penalty = losses.gradient_penalty(outputs.penalty_gradients)
    terms = {
        "discriminator": {
            "adversarial": losses.wasserstein_critic_loss(score.real, ops.concatenate([score.generated, score.edited])),
            "match": weights.discriminator.match * losses.agreement_loss(match.real, outputs.known),
            "edited_match": losses.disagreement_loss(match.edited, changed),
            "gradient_penalty": weights.discriminator.gradient_penalty * penalty,
        },
        "generator": {
            "adversarial": -ops.mean(score.generated),
            "match": weights.generator.match * _mean([losses.agreement_loss(each.generated) for each in classified]),
        },
        "editor": {
            "adversarial": -weights.editor.adversarial * ops.mean(score.edited),
            "match": weights.editor.match
            * _mean([losses.changed_loss(each.edited, changed, weights.editor.margin) for each in deciding]),
            "preservation": weights.editor.preservation * _mean(moved),
            "reconstruction": weights.editor.reconstruction
            * losses.absolute_error(outputs.images.real, outputs.images.edited),
        },
    }
    if critic and outputs.feature_score and outputs.feature_match:
        feature_score = outputs.feature_score
        false_score = ops.concatenate([feature_score.generated, feature_score.edited])
        terms["generator"]["feature_adversarial"] = -critic.generator * ops.mean(feature_score.generated)
        terms["editor"]["feature_adversarial"] = -critic.editor * ops.mean(feature_score.edited)
        terms["editor"]["perceptual"] = critic.perceptual * outputs.feature_distance
        terms["feature_critic"] = {
            "adversarial": losses.hinge_critic_loss(feature_score.real, false_score),
            "match": losses.agreement_loss(outputs.feature_match.real, outputs.known),
        }
    return terms


def _mean(values: list[Tensor]) -> Tensor:
    return sum(values) / len(values)
