"""The discriminator's two heads on the shared encoder: is the face real, and does it match the condition?"""

import keras
from keras import layers

MATCH_UNITS = 512


def build_discriminator(bottom_shape: tuple[int, ...], condition_size: int, one_match: bool) -> keras.Model:
    """Builds the heads. Together with the encoder they are the paper's discriminator.

    Inputs: the encoder's last features `(batch, 4, 4, channels)`; condition `(batch, condition_size)`, 0 or 1.
    Outputs, float32:
        score `(batch, 1)`: the higher, the more real; unbounded.
        match `(batch, k)`: logits, positive where face and condition agree: one for the whole condition with
            `one_match` (the paper), otherwise one for each label column (AttGAN).
    """
    features = keras.Input(bottom_shape, name="features")
    condition = keras.Input((condition_size,), name="condition")
    flat = layers.Flatten()(features)
    score = layers.Activation("linear", dtype="float32")(layers.Dense(1, name="score")(flat))
    if one_match:
        # The paper's "fully connected" needs a hidden layer: the output of a single dense layer on [features,
        # condition] is the sum of two independent terms, so it would prefer the same condition for all faces.
        match = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(MATCH_UNITS)(layers.Concatenate()([flat, condition])))
        match = layers.Activation("linear", dtype="float32")(layers.Dense(1, name="match")(match))
    else:
        logits = layers.Activation("linear", dtype="float32")(layers.Dense(condition_size, name="match")(flat))
        sign = layers.Rescaling(2.0, -1.0, dtype="float32")(condition)
        match = layers.Multiply(dtype="float32")([logits, sign])
    return keras.Model([features, condition], [score, match], name="discriminator")
