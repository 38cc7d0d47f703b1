"""The discriminator's two heads on the shared encoder: is it real, and does it match the condition?"""

import keras
from keras import layers

MATCH_UNITS = 512


def build_discriminator(preset, bottom_shape, condition_size):
    """The heads. Together with the encoder they are the paper's discriminator.

    Inputs: the encoder's last features `(batch, 4, 4, channels)`; condition `(batch, condition_size)`, 0 or 1.
    Outputs, float32:
        score `(batch, 1)`: real? The higher, the more so; any number.
        match `(batch, k)`: does the face have these attributes? A logit, positive where face and condition agree:
            with the paper's objective one for all, with the Wasserstein one, one for each label column.
        seen, the same shape: the same question, answered from what photos alone have taught. With
            `preset.own_classifier` by a head of its own, else it is `match`.
    """
    features = keras.Input(bottom_shape, name="features")
    condition = keras.Input((condition_size,), name="condition")
    flat = layers.Flatten()(features)
    score = layers.Activation("linear", dtype="float32")(layers.Dense(1, name="score")(flat))
    if preset.objective == "paper":
        # The paper's "fully connected" has to have a hidden layer: a single dense layer on [features, condition] is
        # a sum of one term of the face and one of the condition, so it would prefer the same condition for all faces.
        match = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(MATCH_UNITS)(layers.Concatenate()([flat, condition])))
        match = layers.Activation("linear", dtype="float32")(layers.Dense(1, name="match")(match))
    else:
        match = _by_column(flat, condition, "match")
    seen = _by_column(flat, condition, "seen") if preset.own_classifier else match
    return keras.Model([features, condition], [score, match, seen], name="discriminator")


def _by_column(flat, condition, name):
    """Logits of "column is 1", turned round where the condition says 0: AttGAN's classifier, asked the paper's question."""
    logits = layers.Activation("linear", dtype="float32")(layers.Dense(condition.shape[-1], name=name)(flat))
    sign = layers.Rescaling(2.0, -1.0, dtype="float32")(condition)
    return layers.Multiply(dtype="float32")([logits, sign])
