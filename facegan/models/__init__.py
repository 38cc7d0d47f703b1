"""The networks: encoder, decoder stages, generator, discriminator, editor, and the model that joins them."""

from facegan.environment import configure_keras

configure_keras()
