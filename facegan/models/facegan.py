"""The model: encoder, discriminator, generator, editor and attribute finder, with a record of their training."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from facegan.attributes import Attributes
from facegan.models.attribute_finder import build_attribute_finder
from facegan.models.discriminator import build_discriminator
from facegan.models.editor import build_editor
from facegan.models.encoder import build_encoder
from facegan.models.feature_critic import build_feature_critic, feature_shapes
from facegan.models.generator import build_generator
from facegan.recipe import Recipe
from facegan.recipe.objective import PaperObjective
from facegan.tensors import Tensor


@keras.saving.register_keras_serializable("facegan")
class FaceGAN(keras.Model):
    """The networks and their record, as saved in `.keras` files.

    Args:
        recipe: a `Recipe` or its dictionary.
        image_size: height and width of the images, a power of two from 32 to 256.
        attribute_names: the attributes, in the order of the condition vector.
        columns: all label columns of the training data (attributes are chosen from them).
        combinations: `{"01001000": count}`, how often each condition vector occurs in the training photos.
        record: metadata of the training: `{"data": {...}, "images_seen": n, "history": [...]}`.
    """

    def __init__(
        self,
        recipe: Recipe | Mapping[str, Any],
        image_size: int,
        attribute_names: Sequence[str],
        columns: Sequence[str],
        combinations: Mapping[str, int] | None = None,
        record: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.recipe = recipe if isinstance(recipe, Recipe) else Recipe.from_dict(recipe)
        # Keras wraps dictionaries that are set on a model, so these are stored inside another one.
        self._description: dict[str, Any] = {
            "recipe": self.recipe.to_dict(),
            "image_size": image_size,
            "attribute_names": list(attribute_names),
            "columns": list(columns),
            "combinations": dict(combinations or {}),
            "record": dict(record or {}),
        }
        self.image_size = image_size
        self.attributes = Attributes(attribute_names, columns)
        condition_size, networks = len(self.attributes), self.recipe.networks
        self.encoder = build_encoder(networks.encoder, image_size)
        shapes = [features.shape[1:] for features in self.encoder.outputs]
        one_match = isinstance(self.recipe.objective, PaperObjective)
        self.discriminator = build_discriminator(shapes[-1], condition_size, one_match)
        self.generator = build_generator(networks, image_size, condition_size)
        self.editor = build_editor(networks, image_size, shapes, condition_size)
        self.feature_critic: keras.Model | None = None
        self.attribute_finder: keras.Model | None = None
        if critic := self.recipe.feature_critic:
            self.feature_critic = build_feature_critic(critic, feature_shapes(critic, image_size), condition_size)
        if finder := self.recipe.attribute_finder:
            self.attribute_finder = build_attribute_finder(finder, image_size, condition_size)
        self.built = True

    def get_config(self) -> dict[str, Any]:
        return {"name": self.name, **self._description}

    @property
    def subnetworks(self) -> dict[str, keras.Model]:
        """`{name: network}` of all networks in the model."""
        names = ("encoder", "discriminator", "generator", "editor", "feature_critic", "attribute_finder")
        return {name: getattr(self, name) for name in names if getattr(self, name) is not None}

    @property
    def combinations(self) -> dict[str, int]:
        return self._description["combinations"]

    def count_combinations(self, conditions: np.ndarray) -> None:
        """Sets `combinations` to those of the training photos, whose conditions are `(count, k)`, 0 or 1."""
        found, counts = np.unique(conditions, axis=0, return_counts=True)
        bits = ["".join(str(int(bit)) for bit in condition) for condition in found]
        self._description["combinations"] = dict(zip(bits, counts.tolist(), strict=True))

    @property
    def record(self) -> dict[str, Any]:
        return self._description["record"]

    @record.setter
    def record(self, record: Mapping[str, Any]) -> None:
        self._description["record"] = record

    def generate(self, noise: Tensor, condition: Tensor, training: bool = False) -> Tensor:
        """Generates faces.

        Args:
            noise: `(batch, noise_size)`, normally distributed.
            condition: `(batch, len(attributes))`, 0 or 1.
            training: whether a training step calls it.

        Returns:
            `(batch, size, size, 3)` in -1..1, float32.
        """
        inputs = [ops.convert_to_tensor(array, "float32") for array in (noise, condition)]
        return self.generator(inputs, training=training)

    def discriminate(self, images: Tensor, *conditions: Tensor, training: bool = False) -> list[list[Tensor]]:
        """The discriminator's outputs for faces under one or several conditions.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            conditions: each `(batch, len(attributes))`.
            training: whether dropout is active.

        Returns:
            For each condition, score `(batch, 1)` and match `(batch, k)`: see `build_discriminator`.
        """
        bottom = self.encoder(images, training=training)[-1]
        return [
            self.discriminator([bottom, ops.convert_to_tensor(condition, "float32")], training=training)
            for condition in conditions
        ]

    def edit(self, images: Tensor, source: Tensor, target: Tensor) -> Tensor:
        """Edits faces.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            source: `(batch, len(attributes))`, the faces' attributes.
            target: the same shape, the requested attributes; a larger difference from `source` is a stronger edit.

        Returns:
            `(batch, size, size, 3)`, float32; in -1..1 if the editor's output is an image, otherwise possibly slightly
            beyond.
        """
        images, source, target = (ops.convert_to_tensor(array, "float32") for array in (images, source, target))
        # The shared encoder is frozen for the editor: no dropout, and no gradient, or the critic would learn features
        # that make edits easy to detect.
        features = [ops.stop_gradient(stage) for stage in self.encoder(images, training=False)]
        output = self.recipe.networks.editor.output
        if output == "image":
            return self.editor([*features, target])
        difference = target - source
        # Scaled by the largest change, so that a difference of zero returns the photo exactly. The factor of two allows
        # an edit to turn black into white.
        amount = ops.max(ops.abs(difference), axis=-1)[:, None, None, None]
        edited = self.editor([*features, difference, images])
        if output == "residual":
            return images + 2.0 * amount * edited
        residual, gain = edited
        return images * ops.maximum(1.0 + amount * gain, 0.0) + 2.0 * amount * residual

    def likelihoods(self, images: Tensor, conditions: Tensor) -> Tensor:
        """The log-likelihood of each condition for each face, by the attribute finder or, without one, the match head.

        Args:
            images: `(batch, size, size, 3)` in -1..1.
            conditions: `(count, len(attributes))`, 0 or 1.

        Returns:
            `(batch, count)` float32, the logarithms of likelihoods.
        """
        images, conditions = (ops.convert_to_tensor(array, "float32") for array in (images, conditions))
        batch, count = ops.shape(images)[0], ops.shape(conditions)[0]
        tiled = ops.tile(conditions, (batch, 1))
        if self.attribute_finder is not None:
            logits = self.attribute_finder(images, training=False)
            match = ops.repeat(logits, count, axis=0) * (2.0 * tiled - 1.0)
        else:
            bottoms = self.encoder(images, training=False)[-1]
            _, match = self.discriminator([ops.repeat(bottoms, count, axis=0), tiled], training=False)
        return ops.reshape(ops.sum(ops.log_sigmoid(match), axis=-1), (batch, count))
