"""EfficientNet-lite (Tan and Le 2019; Google's variant without squeeze-and-excitation and with ReLU6)."""

import math

import keras
from keras import layers

from facegan.features.depthwise import DepthwiseConv2D
from facegan.features.pretrained import folded_weights
from facegan.tensors import Tensor

# One row per stage, as in the paper's table 1: expansion, kernel size, stride, filters, blocks.
STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
STEM_FILTERS = 32
# Width and depth of each variant, relative to the table.
VARIANTS = {"lite0": (1.0, 1.0), "lite1": (1.0, 1.1), "lite2": (1.1, 1.2)}
# The last stage at each scale: 1/4, 1/8, 1/16 and 1/32 of the image.
SCALES = (1, 2, 4, 6)


def build_efficientnet_lite(variant: str, image_size: int, pretrained: bool = True) -> keras.Model:
    """Builds the network without its classification head, from an image to feature maps at four scales.

    Every batch normalisation is folded into the convolution before it, so the network treats the images of a batch
    independently, whether its weights are frozen or fine-tuned.

    Args:
        variant: `"lite0"`, `"lite1"` or `"lite2"`.
        image_size: height and width of the images, a multiple of 32.
        pretrained: whether to load the ImageNet weights; otherwise the weights are random.

    Returns:
        A model from images `(batch, size, size, 3)` in -1..1 to a list of four feature maps, the largest first:
        `(batch, size / 4, size / 4, 24)` to `(batch, size / 32, size / 32, 320)` for `"lite0"`.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """
    width, depth = VARIANTS[variant]
    image = keras.Input((image_size, image_size, 3), name="image")
    tensor = layers.ReLU(6.0)(_convolution(image, STEM_FILTERS, 3, strides=2))
    scales = []
    for stage, (expansion, kernel_size, stride, base_filters, base_blocks) in enumerate(STAGES):
        filters = _round_filters(base_filters * width)
        # The first and the last stage of the lite variants are not deepened.
        blocks = math.ceil(base_blocks * depth) if 0 < stage < len(STAGES) - 1 else base_blocks
        for block in range(blocks):
            tensor = _inverted_bottleneck(tensor, expansion, kernel_size, stride if block == 0 else 1, filters)
        if stage in SCALES:
            scales.append(tensor)
    network = keras.Model(image, scales, name=f"efficientnet_{variant}")
    if pretrained:
        load_imagenet_weights(network, variant)
    return network


def scale_filters(variant: str) -> list[int]:
    """The number of channels of each feature map, the largest map first: `[24, 40, 112, 320]` for `"lite0"`."""
    width, _ = VARIANTS[variant]
    return [_round_filters(STAGES[stage][3] * width) for stage in SCALES]


def load_imagenet_weights(network: keras.Model, variant: str) -> None:
    """Loads ImageNet weights into a network that begins with this variant; the layers after it keep their weights.

    Raises:
        FaceganError: the package with the ImageNet weights is not installed.
    """
    # In the order of the forward pass.
    with_weights = [layer for layer in network.layers if layer.weights]
    for layer, arrays in zip(with_weights, folded_weights(variant), strict=False):
        layer.set_weights(arrays)


def _inverted_bottleneck(tensor: Tensor, expansion: int, kernel_size: int, strides: int, filters: int) -> Tensor:
    """Sandler et al. 2018: expand, filter each channel, project; a residual connection if the shape stays the same."""
    channels = tensor.shape[-1]
    inner = tensor
    if expansion > 1:
        inner = layers.ReLU(6.0)(_convolution(inner, expansion * channels, 1))
    inner = layers.ReLU(6.0)(DepthwiseConv2D(kernel_size, strides, padding="same")(inner))
    inner = _convolution(inner, filters, 1)
    return layers.Add()([tensor, inner]) if strides == 1 and filters == channels else inner


def _convolution(tensor: Tensor, filters: int, kernel_size: int, strides: int = 1) -> Tensor:
    return layers.Conv2D(filters, kernel_size, strides, padding="same")(tensor)


def _round_filters(filters: float) -> int:
    """To the nearest multiple of 8, but never more than a tenth below (EfficientNet's own rule)."""
    rounded = max(8, int(filters + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * filters else rounded
