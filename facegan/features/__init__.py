"""Networks that start from ImageNet: the feature critic, the attribute finder and the judge are built on them."""

from facegan.environment import configure_keras

configure_keras()
