"""One training step: generate, judge, edit, penalise; then each network's own loss moves its own weights."""

import keras
import numpy as np
from keras import ops

from facegan.training.backends import JIT_COMPILE, TrainStep, input_gradients
from facegan.training.objectives import OBJECTIVES, Judged
from facegan.training.optimizer import NetworkAdam, RateDecay


class GANTraining(TrainStep, keras.Model):
    """What `fit()` trains: the networks of a `FaceGAN`, an objective and an optimizer.

    A batch is a dictionary, so that a step depends on nothing but weights and batch (and dropout):
        images: `(batch, size, size, 3)` uint8, real photos.
        references: the same shape, what edited they shall look like, apart from what is to change: mostly themselves.
        labels: `(batch, k)` float32, their attributes.
        targets: `(batch, k)` float32, attributes that are not theirs: what the editor is asked for, and what the
            discriminator has to see does not match.
        noise: `(batch, noise_size)` float32, for the generator.
        drawn_on: `(batch, 1, 1, 1)` float32, 1 where glasses have been drawn onto a photo, whose reference is without.
        mixing: `(batch, 1, 1, 1)` float32 in 0..1: where between real and made the penalty looks.

    Args:
        networks: a `FaceGAN`.
        steps: of the whole run, if that is known. Else rates do not fall towards its end.
    """

    def __init__(self, networks, steps=None):
        super().__init__()
        self.networks = networks
        preset = networks.preset
        self.objective = OBJECTIVES[preset.objective]
        rates = {
            "discriminator": preset.discriminator_rate,
            "generator": preset.generator_rate,
            "editor": preset.editor_rate,
        }
        self._rates = rates
        items = [item for item in networks.attributes.items for _ in item.columns]
        # Of each column, `(k, size, size, 1)`.
        self._regions = np.stack([item.region.mask(networks.image_size) for item in items])[..., None].astype("float32")
        self._decay = RateDecay(steps, preset.rate_decay) if steps and preset.rate_decay else None
        self.compile(
            optimizer=NetworkAdam(
                [rates[name] for name, variables in self.network_variables.items() for _ in variables],
                preset.beta_1,
                preset.beta_2,
                preset.ema_decay,
                self._decay or 1.0,
                from_random=not {"encoder", *rates}.isdisjoint(networks.record.get("begun_anew", networks.parts)),
            ),
            jit_compile=JIT_COMPILE,
        )
        self.built = True
        self.optimizer.build(self.trainable_variables)

    @property
    def network_variables(self):
        """`{network: weights that its loss moves}`. The shared encoder is the discriminator's."""
        networks = self.networks
        return {
            "discriminator": networks.encoder.trainable_variables + networks.discriminator.trainable_variables,
            "generator": networks.generator.trainable_variables,
            "editor": networks.editor.trainable_variables,
        }

    def rates(self, step):
        """`{network: its learning rate}` after so many steps."""
        factor = float(self._decay(step)) if self._decay else 1.0
        return {name: rate * factor for name, rate in self._rates.items()}

    def losses(self, batch):
        """Every loss of one batch.

        Returns:
            `{network: loss}` in the order of `network_variables`, and the same with every term, for the logs:
            `{"discriminator": ..., "discriminator/match": ..., ...}`.
        """
        terms = self.objective.terms(self.networks.preset, self.judge(batch))
        losses = {network: sum(parts.values()) for network, parts in terms.items()}
        logs = {f"{network}/{term}": value for network, parts in terms.items() for term, value in parts.items()}
        return losses, losses | logs

    def judge(self, batch):
        networks = self.networks
        labels, targets = batch["labels"], batch["targets"]
        real = ops.cast(batch["images"], "float32") / 127.5 - 1.0
        generated = networks.generate(batch["noise"], labels, training=True)
        edited = networks.edit_once(real, labels, targets)
        changed = ops.abs(targets - labels)

        of_real, of_mismatched = networks.judge(real, labels, targets, training=True)
        (of_generated,) = networks.judge(generated, labels, training=True)
        (of_edited,) = networks.judge(edited, targets, training=True)

        made = self.objective.penalised(generated, edited)
        between = batch["mixing"] * real + (1.0 - batch["mixing"]) * made
        # Without dropout: the slope of the critic itself, not of one of its samples.
        gradients = input_gradients(lambda images: networks.judge(images, labels)[0][0], ops.stop_gradient(between))
        return Judged(
            real=real,
            reference=ops.cast(batch["references"], "float32") / 127.5 - 1.0,
            generated=generated,
            edited=edited,
            real_score=of_real[0],
            generated_score=of_generated[0],
            edited_score=of_edited[0],
            real_match=of_real[1],
            generated_match=of_generated[1],
            edited_match=of_edited[1],
            mismatched_match=of_mismatched[1],
            real_seen=of_real[2],
            generated_seen=of_generated[2],
            edited_seen=of_edited[2],
            real_classified=networks.classify(real, labels),
            edited_classified=networks.classify(edited, targets),
            drawn_on=batch["drawn_on"],
            changed=changed,
            region=ops.max(changed[:, :, None, None, None] * self._regions, axis=1),
            penalty_gradients=gradients,
        )

