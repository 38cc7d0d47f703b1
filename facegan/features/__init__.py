"""ImageNet-pretrained backbones of the feature critic, the attribute finder and the judge."""

from facegan.environment import configure_keras

configure_keras()
