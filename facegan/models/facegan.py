"""One model: encoder, discriminator, generator and editor together, and what is known of how they were trained."""

import keras
import numpy as np
from keras import ops

from facegan.attributes import Attributes
from facegan.models.classifiers import build_classifiers
from facegan.models.discriminator import build_discriminator
from facegan.models.editor import build_editor, with_encoder
from facegan.models.encoder import build_encoder
from facegan.models.generator import build_generator
from facegan.presets import Preset


@keras.saving.register_keras_serializable("facegan")
class FaceGAN(keras.Model):
    """The networks and their record. What `.keras` files hold.

    Args:
        preset: a `Preset` or its dictionary.
        image_size: height and width of the pictures, a power of two from 32 to 256.
        attribute_names: the attributes, in the order of the condition vector.
        columns: all label columns of the training data (attributes are chosen from them).
        combinations: `{"01001000": count}`, how often each condition vector occurs in the training part.
        record: what it was trained on and how it went: `{"data": {...}, "images_seen": n, "history": [...]}`, and how
            many `images_before` the model had seen that its run began with, and which networks were `begun_anew`.
    """

    def __init__(self, preset, image_size, attribute_names, columns, combinations=None, record=None, **kwargs):
        super().__init__(**kwargs)
        # Keras wraps dictionaries that are set on a model, so these are kept as they come, in one place.
        self._description = {
            "preset": preset.to_dict() if isinstance(preset, Preset) else dict(preset),
            "image_size": image_size,
            "attribute_names": list(attribute_names),
            "columns": list(columns),
            "combinations": dict(combinations or {}),
            "record": dict(record or {}),
        }
        self.preset = Preset(**self._description["preset"])
        self.image_size = image_size
        self.attributes = Attributes(attribute_names, columns)
        condition_size = len(self.attributes)
        self.encoder = build_encoder(self.preset, image_size)
        shapes = [features.shape[1:] for features in self.encoder.outputs]
        self.discriminator = build_discriminator(self.preset, shapes[-1], condition_size)
        self.generator = build_generator(self.preset, image_size, condition_size)
        self.editor = build_editor(self.preset, image_size, shapes, condition_size)
        if not self.preset.shared_encoder:
            self.editor = with_encoder(self.editor, build_encoder(self.preset, image_size))
        self.classifiers = None
        if self.preset.classifiers:
            self.classifiers = build_classifiers(self.preset.classifiers, image_size, condition_size)
        self.built = True

    def get_config(self):
        return {"name": self.name, **self._description}

    @property
    def parts(self):
        """`{name: network}` of all networks that there are."""
        names = ("encoder", "discriminator", "generator", "editor", "classifiers")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def combinations(self):
        return self._description["combinations"]

    def conditions(self):
        """The attribute combinations of the training data as condition vectors, `(count, k)` float32 NumPy array."""
        return np.array([[float(bit) for bit in bits] for bits in self.combinations], "float32")

    @property
    def record(self):
        return self._description["record"]

    @record.setter
    def record(self, record):
        self._description["record"] = record

    def generate(self, noise, condition, training=False):
        """Generated pictures.

        Args:
            noise: `(batch, noise_size)`, normally distributed.
            condition: `(batch, len(attributes))`, 0 or 1.

        Returns:
            `(batch, size, size, 3)` in -1..1, float32.
        """
        inputs = [ops.convert_to_tensor(array, "float32") for array in (noise, condition)]
        return self.generator(inputs, training=training)

    def judge(self, images, *conditions, training=False):
        """The discriminator's answers about pictures, for one condition or several.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            conditions: each `(batch, len(attributes))`.

        Returns:
            For each condition, score `(batch, 1)`, match and seen `(batch, k)`: see `build_discriminator`.
        """
        bottom = self.encoder(images, training=training)[-1]
        return [
            self.discriminator([bottom, ops.convert_to_tensor(condition, "float32")], training=training)
            for condition in conditions
        ]

    def classify(self, images, condition):
        """What the classifiers apart from the discriminator say about pictures.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            condition: `(batch, len(attributes))`.

        Returns:
            A logit, positive where face and condition agree in a column: a list of one `(batch, k)` for each classifier.
        """
        if self.classifiers is None:
            return []
        sign = 2.0 * ops.convert_to_tensor(condition, "float32") - 1.0
        return [sign * logits for logits in ops.unstack(self.classifiers(images, training=False), axis=1)]

    def edit(self, images, source, target):
        """Edited pictures.

        Where the preset has photos mirrored, the editor knows a face and its mirror image, and this is the mean of both
        edits, one of them mirrored back: what it would do to one and not to the other is chance, such as smears or one
        lens larger than the other (Lim et al. 2017, EDSR's self-ensemble).

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            source: `(batch, len(attributes))`, what the faces are like.
            target: the same shape, what they shall be like; further from `source` is a stronger edit.

        Returns:
            `(batch, size, size, 3)`, float32; -1..1 with `editing="target"`, and else a little beyond, in the worst case.
        """
        images, source, target = (ops.convert_to_tensor(array, "float32") for array in (images, source, target))
        if not self.preset.mirror:
            return self.edit_once(images, source, target)
        both = ops.concatenate([images, ops.flip(images, axis=2)])
        edited, mirrored = ops.split(self.edit_once(both, ops.tile(source, (2, 1)), ops.tile(target, (2, 1))), 2)
        return 0.5 * (edited + ops.flip(mirrored, axis=2))

    def edit_likeliest(self, images, conditions, sources, targets):
        """Edited pictures, for faces of which it is not known what they are like.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            conditions: `(count, len(attributes))`, 0 or 1, what the faces may be like.
            sources, targets: the same shape: the `edit` that follows where a condition is the likeliest.

        Returns:
            As `edit`.
        """
        images, sources, targets = (ops.convert_to_tensor(array, "float32") for array in (images, sources, targets))
        likeliest = ops.argmax(self.likelihoods(images, conditions), axis=1)
        return self.edit(images, ops.take(sources, likeliest, axis=0), ops.take(targets, likeliest, axis=0))

    def edit_once(self, images, source, target):
        """What the editor makes of pictures as they are, and trains with. Everything else as for `edit`."""
        images, source, target = (ops.convert_to_tensor(array, "float32") for array in (images, source, target))
        seen = self.encoder(images, training=False)
        # The shared encoder stays frozen while the editor trains: it sees as it does at inference, without dropout.
        # And no loss looks through it: else the critic would learn features that make edits easy to tell.
        shared = self.preset.shared_encoder
        inputs = [ops.stop_gradient(stage) for stage in seen] if shared else [images]
        if self.preset.editing == "target":
            return self.editor([*inputs, target])
        difference = target - source
        # Times the largest change, so that nothing asked for is, exactly, nothing done. The factor of two lets an
        # edit turn black into white.
        amount = ops.max(ops.abs(difference), axis=-1)[:, None, None, None]
        made = self.editor([*inputs, difference, images])
        if self.preset.editing == "difference":
            return images + 2.0 * amount * made
        added, grown = made
        return images * ops.maximum(1.0 + amount * grown, 0.0) + 2.0 * amount * added

    def likelihoods(self, images, conditions):
        """How well each condition is found to match each face: by the classifiers, which have learnt nothing else, to the
        mean of their logits; by the discriminator, if there are none.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            conditions: `(count, len(attributes))`, 0 or 1.

        Returns:
            `(batch, count)` float32, the logarithms of likelihoods.
        """
        images, conditions = (ops.convert_to_tensor(array, "float32") for array in (images, conditions))
        batch, count = ops.shape(images)[0], ops.shape(conditions)[0]
        asked = ops.tile(conditions, (batch, 1))
        if self.classifiers is None:
            bottoms = self.encoder(images, training=False)[-1]
            *_, seen = self.discriminator([ops.repeat(bottoms, count, axis=0), asked], training=False)
        else:
            logits = ops.mean(self.classifiers(images, training=False), axis=1)
            seen = ops.repeat(logits, count, axis=0) * (2.0 * asked - 1.0)
        return ops.reshape(ops.sum(ops.log_sigmoid(seen), axis=-1), (batch, count))
