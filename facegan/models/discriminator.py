"""The discriminator's two heads on the shared encoder: is it real, and does it match the condition?"""

import keras
from keras import layers

MATCH_UNITS = 512


def build_discriminator(preset, bottom_shape, condition_size):
    """The heads. Together with the encoder they are the paper's discriminator.

    Inputs: the encoder's last features `(batch, 4, 4, channels)`; condition `(batch, condition_size)`, 0 or 1.
    Outputs, float32:
        score `(batch, 1)`: real? In 0..1 with the paper's objective, any number with the Wasserstein one.
        match `(batch, k)`: does the face have these attributes? With the paper's objective, `k = 1` and in 0..1;
            with the Wasserstein one, a logit for each label column, positive where face and condition agree.
    """
    features = keras.Input(bottom_shape, name="features")
    condition = keras.Input((condition_size,), name="condition")
    flat = layers.Flatten()(features)
    score = layers.Dense(1, name="score")(flat)
    if preset.objective == "paper":
        score = layers.Activation("sigmoid", dtype="float32")(score)
        # The paper's "fully connected" has to have a hidden layer: a single dense layer on [features, condition] is
        # a sum of one term of the face and one of the condition, so it would prefer the same condition for all faces.
        match = layers.LeakyReLU(negative_slope=0.2)(layers.Dense(MATCH_UNITS)(layers.Concatenate()([flat, condition])))
        match = layers.Activation("sigmoid", dtype="float32")(layers.Dense(1, name="match")(match))
    else:
        score = layers.Activation("linear", dtype="float32")(score)
        # "Column is 1" as a logit, turned round where the condition says 0: AttGAN's classifier, asked the paper's
        # question.
        logits = layers.Activation("linear", dtype="float32")(layers.Dense(condition_size, name="match")(flat))
        sign = layers.Rescaling(2.0, -1.0, dtype="float32")(condition)
        match = layers.Multiply(dtype="float32")([logits, sign])
    return keras.Model([features, condition], [score, match], name="discriminator")
