"""Export of networks as graphs that other programs can run."""

from facegan.environment import configure_keras

configure_keras()
