"""Networks as graphs that other programs run."""

from facegan.environment import configure_keras

configure_keras()
