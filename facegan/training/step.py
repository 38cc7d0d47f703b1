"""One training step: generate, edit, score, penalise; then each network's own loss updates its own weights."""

from typing import Any

import keras
from keras import ops

from facegan.augment.differentiable import augment_images
from facegan.models.facegan import FaceGAN
from facegan.models.feature_critic import build_feature_projector
from facegan.models.growing import GrowingFaceGAN
from facegan.tensors import Tensor
from facegan.training.backends import JIT_COMPILE, TrainStep, input_gradients
from facegan.training.beginning import Beginning
from facegan.training.objectives import OfEach, Outputs, loss_terms, penalised
from facegan.training.optimizer import NetworkAdam


class GANTraining(TrainStep):
    """What `fit()` trains: the networks of a `FaceGAN`, an objective and an optimizer.

    A batch is a dictionary, so that a step depends on nothing but weights and batch (and dropout):
        images: `(batch, size, size, 3)` uint8, real photos.
        labels: `(batch, k)` float32, their attributes, 0 or 1.
        known: `(batch, k)` float32, 1 where a label is known.
        targets: `(batch, k)` float32, attributes that are not theirs: the targets of the editor, and mismatched
            conditions for the discriminator.
        noise: `(batch, noise_size)` float32, for the generator.
        mixing: `(batch, 1, 1, 1)` float32 in 0..1: the positions between real and synthetic images for the penalty.
        augmentation: `(batch, 7)` float32 in 0..1: see `augment_images`; only with a feature critic or an attribute
            finder.

    Args:
        networks: a `FaceGAN`.
        beginning: how the networks began; by default with random weights.
        pretrained: whether the feature critic's backbone has ImageNet's weights; random ones serve tests.
    """

    def __init__(self, networks: FaceGAN, beginning: Beginning | None = None, pretrained: bool = True) -> None:
        super().__init__()
        self.networks = networks
        self.beginning = beginning or Beginning.of_new(networks)
        recipe, rates = networks.recipe, networks.recipe.optimizers
        self.learning_rates = {
            "discriminator": rates.discriminator,
            "generator": rates.generator,
            "editor": rates.editor,
        }
        self._projector: Any = None
        if recipe.feature_critic is not None:
            self.learning_rates["feature_critic"] = recipe.feature_critic.learning_rate
            self._projector = build_feature_projector(recipe.feature_critic, networks.image_size, pretrained)
        self.compile(
            optimizer=NetworkAdam(
                [self.learning_rates[name] for name, variables in self.network_variables.items() for _ in variables],
                rates.beta_1,
                rates.beta_2,
                rates.ema_decay,
            ),
            jit_compile=JIT_COMPILE,
        )
        self.built = True
        self.optimizer.build(self.trainable_variables)

    @property
    def network_variables(self) -> dict[str, list[keras.Variable]]:
        """`{network: weights that its loss updates}`. The shared encoder is the discriminator's."""
        networks = self.networks
        variables = {
            "discriminator": networks.encoder.trainable_variables + networks.discriminator.trainable_variables,
            "generator": networks.generator.trainable_variables,
            "editor": networks.editor.trainable_variables,
        }
        if networks.feature_critic is not None:
            variables["feature_critic"] = networks.feature_critic.trainable_variables
        return variables

    @property
    def state_variables(self) -> list[keras.Variable]:
        """The variables needed to resume a run besides the trained weights.

        These are the vectors of power iterations, the state of dropout and the attribute finder, which is not trained
        again. The projector is rebuilt.
        """
        fixed = {id(variable) for variable in self._projector.variables} if self._projector is not None else set()
        return [variable for variable in self.non_trainable_variables if id(variable) not in fixed]

    def losses(self, batch: dict[str, Tensor]) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Every loss of one batch.

        Returns:
            `{network: loss}` in the order of `network_variables`, and the same with every term, for the logs:
            `{"discriminator": ..., "discriminator/match": ..., ...}`.
        """
        terms = loss_terms(self.networks.recipe, self.outputs(batch))
        losses = {network: sum(parts.values()) for network, parts in terms.items()}
        logs = {f"{network}/{term}": value for network, parts in terms.items() for term, value in parts.items()}
        if isinstance(self.networks, GrowingFaceGAN):
            logs["fade"] = self.networks.fade.advance()
        return losses, losses | logs

    def outputs(self, batch: dict[str, Tensor]) -> Outputs:
        """The outputs of the networks for a batch."""
        networks = self.networks
        labels, targets = batch["labels"], batch["targets"]
        real = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        if isinstance(networks, GrowingFaceGAN):
            real = networks.faded(real)
        generated = networks.generate(batch["noise"], labels, training=True)
        edited = networks.edit(real, labels, targets)

        of_real, of_mismatched = networks.discriminate(real, labels, targets, training=True)
        (of_generated,) = networks.discriminate(generated, labels, training=True)
        (of_edited,) = networks.discriminate(edited, targets, training=True)

        made = penalised(networks.recipe, generated, edited)
        between = batch["mixing"] * real + (1.0 - batch["mixing"]) * made
        # Without dropout: the gradient of the critic itself, not of one dropout sample.
        gradients = input_gradients(
            lambda images: networks.discriminate(images, labels)[0][0], ops.stop_gradient(between)
        )
        of_each = (of_real, of_generated, of_edited)
        return Outputs(
            images=OfEach(real, generated, edited),
            score=OfEach(*(score for score, _ in of_each)),
            match=OfEach(*(match for _, match in of_each)),
            mismatched_match=of_mismatched[1],
            known=batch["known"],
            changed=ops.abs(targets - labels),
            penalty_gradients=gradients,
            **self._pretrained_outputs(batch, real, generated, edited),
        )

    def _pretrained_outputs(
        self, batch: dict[str, Tensor], real: Tensor, generated: Tensor, edited: Tensor
    ) -> dict[str, Any]:
        """The outputs of the networks that start from ImageNet; those that the recipe lacks are left out."""
        networks, outputs = self.networks, dict[str, Any]()
        if networks.feature_critic is None and networks.attribute_finder is None:
            return outputs
        augmented = augment_images(real, batch["augmentation"])
        made = augment_images(ops.concatenate([generated, edited]), ops.tile(batch["augmentation"], (2, 1)))
        # Positive where a column agrees with the face's condition.
        signs = 2.0 * ops.concatenate([batch["labels"], batch["labels"], batch["targets"]]) - 1.0
        if networks.feature_critic is not None:
            # Separate calls, because photos need no gradients, and each kind has its own minibatch deviation.
            of_photos, of_made = self._projector(augmented), self._projector(made)
            halves = zip(*(ops.split(scale, 2) for scale in of_made), strict=True)
            features = OfEach(of_photos, *map(list, halves))
            heads = [
                networks.feature_critic(each, training=True)
                for each in (features.real, features.generated, features.edited)
            ]
            distances = [
                ops.cast(ops.mean(ops.abs(photo - edit)), "float32")
                for photo, edit in zip(features.real[:-1], features.edited[:-1], strict=True)
            ]
            outputs["feature_distance"] = sum(distances) / len(distances)
            outputs["feature_score"] = OfEach(*(scores for scores, _ in heads))
            logits = ops.concatenate([logits for _, logits in heads])
            outputs["feature_match"] = OfEach(*ops.split(signs * logits, 3))
        if networks.attribute_finder is not None:
            finder = networks.attribute_finder
            logits = ops.concatenate([finder(augmented, training=False), finder(made, training=False)])
            outputs["found"] = OfEach(*ops.split(signs * logits, 3))
        return outputs
