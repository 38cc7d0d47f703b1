"""Random weights for networks that otherwise start from ImageNet."""

import keras
import numpy as np


def enliven(network):
    """Weights with which a deep network's features differ from image to image, the same on every backend.

    With Keras's own, a network of depthwise convolutions returns next to nothing.
    """
    random = np.random.default_rng(0)
    for layer in network.layers:
        # A feature projector's own kernels, which have no bias, are fixed.
        if isinstance(layer, keras.layers.Conv2D | keras.layers.DepthwiseConv2D) and layer.use_bias:
            inputs = np.prod(layer.kernel.shape[: 2 if isinstance(layer, keras.layers.DepthwiseConv2D) else 3])
            kernel = random.standard_normal(layer.kernel.shape) * np.sqrt(2 / inputs)
            layer.set_weights([kernel.astype("float32"), np.zeros(layer.bias.shape, "float32")])
