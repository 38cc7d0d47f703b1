"""The editor: the U-Net's own half. Its other half is the shared encoder (or, to compare with, one of its own)."""

import keras
from keras import layers

from facegan.models.decoder import decoder_filters, decoder_stage, to_picture
from facegan.models.layers import activation, residual_block, to_fours


def build_editor(preset, image_size, feature_shapes, condition_size):
    """Residual blocks at the bottom, then a decoder with skips from the encoder's stages.

    Inputs: a list of
        the encoder's features, first stage first;
        the condition `(batch, condition_size)`: the wished-for attributes or, unless `editing="target"`, what is to
            change (-1, 0 or 1 times the strength);
        unless `editing="target"`, the picture `(batch, size, size, 3)` in -1..1.

    Output: `(batch, size, size, 3)` in -1..1, float32: a picture or, unless `editing="target"`, half of what is to be
    added to one. With `editing="repainting"` a second output like it: how much of itself the picture shall gain (1) or
    lose (-1) before.
    """
    features = [keras.Input(shape, name=f"features_{stage}") for stage, shape in enumerate(feature_shapes)]
    condition = keras.Input((condition_size,), name="condition")
    tensor = features[-1]
    for _ in range(preset.residual_blocks):
        tensor = residual_block(tensor)
    for stage, (skip, filters) in enumerate(zip(features[::-1], decoder_filters(preset, image_size))):
        # The bottom features are where the decoder starts; joining them once more would say the same thing twice.
        joined = 0 < stage and (preset.skips is None or stage <= preset.skips)
        tensor = decoder_stage(tensor, filters, preset, condition, skip if joined else None)
    inputs = [*features, condition]
    if preset.editing != "target":
        # Normalised features do not tell how dark a face is; what has to be added to make hair black depends on it.
        inputs.append(keras.Input((image_size, image_size, 3), name="image"))
        tensor = layers.Concatenate()([tensor, to_fours(inputs[-1]) if preset.subpixel else inputs[-1]])
        tensor = activation(layers.Conv2D(preset.filters, 3, padding="same")(tensor))
    output = to_picture(tensor, preset)
    if preset.editing == "repainting":
        output = [output, to_picture(tensor, preset)]
    return keras.Model(inputs, output, name="editor")


def with_encoder(editor, encoder):
    """The same editor with an encoder of its own inside: pictures take the place of features among its inputs."""
    image = keras.Input(encoder.input.shape[1:], name="photo")
    others = [keras.Input(tensor.shape[1:], name=tensor.name) for tensor in editor.inputs[len(encoder.outputs) :]]
    return keras.Model([image, *others], editor([*encoder(image), *others]), name=editor.name)
