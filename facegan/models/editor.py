"""The editor: the U-Net's own half. Its other half is the shared encoder."""

import keras

from facegan.models.decoder import decoder_stage, to_picture
from facegan.models.layers import residual_block


def build_editor(preset, feature_shapes, condition_size):
    """Residual blocks at the bottom, then a decoder with a skip from every encoder stage.

    Inputs: the encoder's features, first stage first; condition `(batch, condition_size)`: the wished-for attributes
    or, with `editing="difference"`, what is to change (-1, 0 or 1 times the strength).
    Output: `(batch, size, size, 3)` in -1..1, float32: a picture or, with `editing="difference"`, half of what is to
    be added to one.
    """
    features = [keras.Input(shape, name=f"features_{stage}") for stage, shape in enumerate(feature_shapes)]
    condition = keras.Input((condition_size,), name="condition")
    tensor = features[-1]
    for _ in range(preset.residual_blocks):
        tensor = residual_block(tensor)
    for stage, skip in enumerate(features[::-1]):
        # The bottom features are where the decoder starts; joining them once more would say the same thing twice.
        tensor = decoder_stage(tensor, skip.shape[-1], preset, condition, skip if stage else None)
    return keras.Model([*features, condition], to_picture(tensor, preset), name="editor")
