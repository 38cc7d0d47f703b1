"""A growing model: new outer stages fade in around the trained inner stages of a model of half the size.

It follows Progressive GANs (Karras et al. 2018). Two new stages replace the small model's stage next to the image.
Until they have faded in, old and new stages are both computed and blended: in the encoder before its inner stages, in
the decoders after theirs. Then only an ordinary `FaceGAN` of twice the size remains.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
from keras import layers, ops

from facegan.models.facegan import FaceGAN
from facegan.models.feature_critic import SMALLEST
from facegan.recipe.networks import ModulatedGenerator
from facegan.tensors import Tensor


@keras.saving.register_keras_serializable("facegan")
class Fade(layers.Layer):
    """Blends old and new features or images: `(1 - alpha) * before + alpha * after`.

    Inputs: a list of two tensors of the same shape, before and after.

    Attributes:
        alpha: from 0 to 1; a variable that is not trained.
        steps: the number of training steps until `alpha` is 1.
    """

    def __init__(self, **kwargs: Any) -> None:
        # One layer blends features and images, whatever the precision of the networks.
        super().__init__(autocast=False, **kwargs)
        self.steps = 1
        self.alpha = self.add_weight(
            name="alpha", shape=(), initializer="zeros", trainable=False, dtype="float32", aggregation="mean"
        )
        self.built = True

    def call(self, inputs: Sequence[Tensor]) -> Tensor:
        before, after = inputs
        alpha = ops.cast(self.alpha, after.dtype)
        return (1.0 - alpha) * before + alpha * after

    def compute_output_shape(self, shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
        return shapes[1]

    def advance(self) -> Tensor:
        """Advances `alpha` by one training step, and returns its new value."""
        alpha = ops.minimum(self.alpha + 1.0 / self.steps, 1.0)
        self.alpha.assign(alpha)
        return alpha


class GrowingFaceGAN(FaceGAN):
    """A `FaceGAN` whose new outer stages fade in.

    Args:
        small: the model that it grows from, of half the size and with twice the first filters of `grown.recipe`. Its
            inner stages are copied; the others are used until they have faded out.
        grown: the model that remains at the end. It shares its weights with this one.

    Attributes:
        grown: as above.
        fade: the layer that blends old and new stages in all networks.
    """

    def __init__(self, small: FaceGAN, grown: FaceGAN) -> None:
        # Not `FaceGAN.__init__`, which would build networks.
        super(FaceGAN, self).__init__()
        self.grown, self.recipe = grown, grown.recipe
        self._description = grown.get_config()
        self.image_size, self.attributes = grown.image_size, grown.attributes
        self.fade = fade = Fade()
        self.encoder = _fading_encoder(small.encoder, grown.encoder, fade)
        self.generator = _fading_generator(small, grown, fade)
        self.editor = _fading_editor(small, grown, fade)
        # These do not depend on the size. The attribute finder was trained on small faces and needs further training.
        self.discriminator = _copied(small.discriminator, grown.discriminator)
        self.feature_critic = self.attribute_finder = None
        if small.feature_critic is not None and grown.feature_critic is not None:
            self.feature_critic = _fading_critic(small.feature_critic, grown.feature_critic, fade)
        if small.attribute_finder is not None and grown.attribute_finder is not None:
            self.attribute_finder = _copied(small.attribute_finder, grown.attribute_finder)
        self.built = True

    def faded(self, images: Tensor) -> Tensor:
        """Photos `(batch, size, size, 3)`, float32, with the amount of detail that the networks now produce."""
        return self.fade([_enlarged(_halved(images)), images])


def finished(networks: FaceGAN) -> FaceGAN | None:
    """The model to save; None while new stages fade in."""
    if not isinstance(networks, GrowingFaceGAN):
        return networks
    if networks.fade.alpha.numpy() < 1.0:
        return None
    networks.grown._description = networks._description
    return networks.grown


def _halved(images: Tensor) -> Tensor:
    return layers.AveragePooling2D(2, dtype="float32")(images)


def _enlarged(images: Tensor) -> Tensor:
    return layers.UpSampling2D(interpolation="bilinear", dtype="float32")(images)


def _copied(small: keras.Model, grown: keras.Model) -> keras.Model:
    """Copies the weights of the first network to the second, which has the same layers."""
    grown.set_weights(small.get_weights())
    return grown


def _fading_encoder(small: keras.Model, grown: keras.Model, fade: Fade) -> keras.Model:
    inner = _copied(keras.Model(small.outputs[0], small.outputs[1:]), keras.Model(grown.outputs[1], grown.outputs[2:]))
    first, second = grown.outputs[:2]
    blended = fade([keras.Model(small.input, small.outputs[0])(_halved(grown.input)), second])
    return keras.Model(grown.input, [first, blended, *inner(blended)], name=grown.name)


def _fading_generator(small: FaceGAN, grown: FaceGAN, fade: Fade) -> keras.Model:
    inputs = grown.generator.inputs
    if isinstance(grown.recipe.networks.generator, ModulatedGenerator):
        # The larger image is the smaller one, enlarged, plus the contribution of the last stage.
        before = keras.Model(inputs, grown.generator.get_layer(f"image_{small.image_size}").output)
        _copied(small.generator, before)
        output = fade([_enlarged(before.output), grown.generator.output])
    else:
        stage = f"stage_{len(small.encoder.outputs) - 2}"
        before = small.generator.get_layer(stage).output
        inner = grown.generator.get_layer(stage).output
        _copied(keras.Model(small.generator.inputs, before), keras.Model(inputs, inner))
        outer = keras.Model([before, small.generator.inputs[1]], small.generator.output)
        output = fade([_enlarged(outer([inner, inputs[1]])), grown.generator.output])
    return keras.Model(inputs, output, name=grown.generator.name)


def _fading_editor(small: FaceGAN, grown: FaceGAN, fade: Fade) -> keras.Model:
    count = len(small.encoder.outputs)
    stage = f"stage_{count - 2}"
    before, inner = (networks.editor.get_layer(stage).output for networks in (small, grown))
    # The features, with one more scale, the condition and, if the editor receives it, the photo.
    features, (condition, *image) = small.editor.inputs[:count], small.editor.inputs[count:]
    own_features, (own_condition, *own_image) = grown.editor.inputs[: count + 1], grown.editor.inputs[count + 1 :]
    _copied(keras.Model([*features[1:], condition], before), keras.Model([*own_features[2:], own_condition], inner))
    outer = keras.Model([before, features[0], condition, *image], small.editor.outputs)
    outputs = outer([inner, own_features[1], own_condition, *map(_halved, own_image)])
    blended = [fade([_enlarged(old), new]) for old, new in zip(outputs, grown.editor.outputs, strict=True)]
    return keras.Model(grown.editor.inputs, blended if len(blended) > 1 else blended[0], name=grown.editor.name)


def _fading_critic(small: keras.Model, grown: keras.Model, fade: Fade) -> keras.Model:
    """Every scale has twice the size: its head starts with one more convolution, while average pooling fades out."""
    befores, inners, blended = [], [], []
    for scale, (few, many) in enumerate(zip(small.inputs[:-1], grown.inputs[:-1], strict=True)):
        before = small.get_layer(f"scale_{scale}_{few.shape[1]}").output
        first = grown.get_layer(f"scale_{scale}_{many.shape[1]}").output
        _copied(keras.Model(few, before), keras.Model(many, first))
        befores.append(before)
        if many.shape[1] <= SMALLEST:
            inners.append(first)
            blended.append(first)
        else:
            inners.append(grown.get_layer(f"scale_{scale}_{many.shape[1] // 2}").output)
            blended.append(fade([layers.AveragePooling2D(2)(first), inners[-1]]))
    inner = _copied(
        keras.Model([*befores, small.inputs[-1]], small.outputs),
        keras.Model([*inners, grown.inputs[-1]], grown.outputs),
    )
    return keras.Model(grown.inputs, inner([*blended, grown.inputs[-1]]), name=grown.name)
