import keras
import numpy as np
from keras import ops

from facegan.models.fitting import NumberedBatches, fit
from facegan.progress import progress_bar


def test_callbacks_receive_the_logs_of_every_step_as_the_model_returned_them():
    """Floats would mean that somebody had waited for the step."""
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    batches = NumberedBatches(lambda step: (np.ones((4, 3), "float32"), np.full((4, 1), step, "float32")), range(2, 5))
    received = []
    record = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: received.append((batch, logs)))
    with progress_bar(len(batches), "fitting", hidden=True) as bar:
        fit(model, batches, bar, [record])
    assert [batch for batch, _ in received] == [0, 1, 2]
    assert all(ops.is_tensor(logs["loss"]) and float(logs["loss"]) > 0 for _, logs in received)
