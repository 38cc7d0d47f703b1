"""TensorFlow's optimiser of graphs, switched off: where networks are this small, it takes longer than it saves.

Optimised graphs round differently, so runs that are compared must agree in this.
"""

import keras


def leave_graphs_unoptimised():
    """For all graphs that this process makes from now on."""
    if keras.backend.backend() == "tensorflow":
        import tensorflow

        tensorflow.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
