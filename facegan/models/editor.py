"""The editor: the U-Net's decoder. Its encoder is the shared one."""

from collections.abc import Sequence

import keras
from keras import layers

from facegan.models.decoder import decoder_filters, decoder_stage, to_image
from facegan.models.layers import activation, residual_block
from facegan.recipe.networks import Networks


def build_editor(
    recipe: Networks, image_size: int, feature_shapes: Sequence[tuple[int, ...]], condition_size: int
) -> keras.Model:
    """Builds residual blocks at the bottom, then a decoder with skips from the encoder's stages.

    Inputs: a list of
        the encoder's features, first stage first;
        the condition `(batch, condition_size)`: the requested attributes or, unless the output is `"image"`, the
            difference of attributes (-1, 0 or 1 times the strength);
        unless the output is `"image"`, the photo `(batch, size, size, 3)` in -1..1.

    Output: `(batch, size, size, 3)` in -1..1, float32: an image or, unless the output is `"image"`, half of the
    residual that is added to the photo. With `"gain_and_residual"`, a second output of the same shape: the gain, from
    -1 (the photo is removed) through 0 (unchanged) to 1 (doubled).
    """
    features = [keras.Input(shape, name=f"features_{stage}") for stage, shape in enumerate(feature_shapes)]
    condition = keras.Input((condition_size,), name="condition")
    tensor = features[-1]
    for _ in range(recipe.editor.residual_blocks):
        tensor = residual_block(tensor)
    stages = zip(features[::-1], decoder_filters(recipe.encoder, image_size), strict=True)
    for stage, (skip, filters) in enumerate(stages):
        # The decoder starts from the bottom features, so a skip connection there would only repeat them.
        tensor = decoder_stage(stage, tensor, filters, recipe, condition, skip if stage else None)
    inputs = [*features, condition]
    if recipe.editor.output == "image":
        return keras.Model(inputs, to_image(tensor, recipe), name="editor")
    # Normalised features do not contain the brightness of a face, on which the residual for black hair depends.
    inputs.append(keras.Input((image_size, image_size, 3), name="image"))
    tensor = layers.Concatenate()([tensor, inputs[-1]])
    tensor = activation(layers.Conv2D(recipe.encoder.filters, 3, padding="same")(tensor))
    output = to_image(tensor, recipe)
    if recipe.editor.output == "gain_and_residual":
        output = [output, to_image(tensor, recipe)]
    return keras.Model(inputs, output, name="editor")
