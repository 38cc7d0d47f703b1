"""Measures a model on faces that it was not trained on. Every metric's name identifies its protocol."""

from facegan.environment import configure_keras

configure_keras()
