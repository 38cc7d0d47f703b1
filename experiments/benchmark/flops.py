"""How many floating point operations a training step needs, counted from the networks' layers."""

import math

from keras import layers


def forward_flops(network):
    """Of one picture's way through a network: two for each multiplication and addition in a convolution or dense layer.

    Normalisation, activations and dropout are left out: they are what a fast step should hardly spend time on.
    """
    return sum(_layer_flops(layer) for layer in network.layers)


def _layer_flops(layer):
    if isinstance(layer, layers.Conv2D | layers.Conv2DTranspose):
        # The kernel meets every place that comes in where it spreads out, and every place that goes out elsewhere.
        _, height, width, _ = (layer.input if isinstance(layer, layers.Conv2DTranspose) else layer.output).shape
        return 2 * height * width * math.prod(layer.kernel.shape)
    if isinstance(layer, layers.Dense):
        return 2 * math.prod(layer.kernel.shape)
    return 0


def step_flops(networks):
    """Of one photo in a training step that does nothing twice.

    A backward pass through a network costs its forward pass once for the gradients of the data and once for those of
    the weights. In passes through the encoder and the heads:

    - real faces: forward, backward for data and weights: 3;
    - generated faces: the same, and backward for the data alone on the generator's behalf: 4;
    - edited faces: forward and backward for the data: 2; and 2 more where the discriminator learns from them too;
    - the penalty: forward, backward to the picture, and the backward pass of both: 6;
    - the editor's features: forward: 1.

    Generator and editor: forward and backward for data and weights, 3 each.

    Args:
        networks: a `FaceGAN` without networks that start from ImageNet.
    """
    discriminator = forward_flops(networks.encoder) + forward_flops(networks.discriminator)
    edited = 2 if networks.recipe.objective.kind == "paper" else 4
    passes = 3 + 4 + edited + 6
    return (
        passes * discriminator
        + forward_flops(networks.encoder)
        + 3 * forward_flops(networks.generator)
        + 3 * forward_flops(networks.editor)
    )
