"""Measuring a model on faces it was not trained on. Every metric's name is its protocol."""

from facegan.environment import configure_keras

configure_keras()
