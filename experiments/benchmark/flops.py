"""How many floating point operations a training step needs, counted from the networks' layers."""

import math

from keras import layers

from facegan.models.feature_critic import SpectralConv2D, build_feature_projector
from facegan.models.layers import UpsampleConv2D
from facegan.models.modulated_generator import ModulatedConv2D


def forward_flops(network):
    """Of one picture's way through a network: two for each multiplication and addition in a convolution or dense layer.

    Normalisation, activations and dropout are left out: they are what a fast step should hardly spend time on.
    """
    return sum(_layer_flops(layer) for layer in network.layers)


def _layer_flops(layer):
    if isinstance(layer, layers.Dense):
        return 2 * math.prod(layer.kernel.shape)
    convolutions = (layers.Conv2D, layers.DepthwiseConv2D, layers.Conv2DTranspose, SpectralConv2D, ModulatedConv2D)
    if not isinstance(layer, convolutions):
        return 0
    # The kernel meets every place that comes in where it spreads out, and every place that goes out elsewhere.
    _, height, width, _ = (layer.input if isinstance(layer, layers.Conv2DTranspose) else layer.output).shape
    flops = 2 * height * width * math.prod(layer.kernel.shape)
    # Of nearest neighbours, a 3x3 kernel covers four that differ.
    return flops * 4 // 9 if isinstance(layer, UpsampleConv2D) or getattr(layer, "upsample", False) else flops


def step_flops(networks):
    """Of one photo in a training step that does nothing twice.

    A backward pass through a network costs its forward pass once for the gradients of the data and once for those of
    the weights. In passes through the encoder and the heads:

    - real faces: forward, backward for data and weights: 3;
    - generated faces: the same, and backward for the data alone on the generator's behalf: 4;
    - edited faces: forward and backward for the data: 2; and 2 more where the discriminator learns from them too;
    - the penalty: forward, backward to the picture, and the backward pass of both: 6;
    - the editor's features: forward: 1.

    Generator and editor: forward and backward for data and weights, 3 each. The feature critic's heads: 11, as the
    discriminator without a penalty. What is frozen, its backbone and the attribute finder: forward for photos, forward
    and backward for the data of made faces, 5.
    """
    discriminator = forward_flops(networks.encoder) + forward_flops(networks.discriminator)
    edited = 2 if networks.recipe.objective.kind == "paper" else 4
    passes = 3 + 4 + edited + 6
    flops = (
        passes * discriminator
        + forward_flops(networks.encoder)
        + 3 * forward_flops(networks.generator)
        + 3 * forward_flops(networks.editor)
    )
    if networks.feature_critic is not None:
        projector = build_feature_projector(networks.recipe.feature_critic, networks.image_size, pretrained=False)
        flops += 11 * forward_flops(networks.feature_critic) + 5 * forward_flops(projector)
    if networks.attribute_finder is not None:
        flops += 5 * forward_flops(networks.attribute_finder)
    return flops
