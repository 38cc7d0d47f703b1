"""A run in which nothing is learnt any more says so: once, soon, in its log and in TensorBoard."""

import keras
import pytest
from keras import ops
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from facegan import losses
from facegan.errors import FaceganError
from facegan.training import watch
from facegan.training.backends import synchronise
from facegan.training.run import train

BAD_AFTER = 2
pytestmark = pytest.mark.usefixtures("eagerly")


class Spoil(keras.callbacks.Callback):
    """After a step, multiplies all weights of some networks."""

    def __init__(self, factors):
        super().__init__()
        self._factors = factors

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == BAD_AFTER:
            synchronise(self.model)
            for network, factor in self._factors.items():
                for variable in self.model.networks.subnetworks[network].trainable_variables:
                    variable.assign(factor * variable)


@pytest.fixture
def start(drawn_faces, small_settings, tmp_path):
    """`start(steps, callback)` trains in `tmp_path`."""

    def run(steps, *callbacks):
        settings = small_settings("tiny", {"networks.encoder.max_filters": 4}, batch_size=8)
        train(drawn_faces, settings, tmp_path, images=steps * 8, callbacks=callbacks)

    return run


def remarks(out):
    """What TensorBoard shows: `[(step, text), ...]`."""
    events = EventAccumulator(str(out / "logs"))
    events.Reload()
    return [(event.step, event.tensor_proto.string_val[0].decode()) for event in events.Tensors("remarks")]


def test_what_goes_wrong_is_said_once(start, tmp_path, caplog, monkeypatch):
    for name, value in {"PENALTY_EVERY": 1, "PENALTY_CHECKS": 3, "FACES_EVERY": 2}.items():
        monkeypatch.setattr(watch, name, value)
    start(8, Spoil({"discriminator": 20.0, "generator": 0.0, "editor": 0.0}))
    said = {text: step for step, text in remarks(tmp_path)}
    expected = {
        "slope explodes. Lower optimizers.discriminator, or raise objective.discriminator.gradient_penalty": 5,
        "the generator has collapsed. Lower optimizers.generator": 6,
        "the editor changes nothing. Lower objective.editor.reconstruction": 6,
    }
    assert {part: step for part in expected for text, step in said.items() if part in text} == expected
    assert len(said) == len(remarks(tmp_path)) == 3
    told = caplog.text
    assert all(told.count(f"step {step}: {text}\n") == 1 for text, step in said.items())


def test_a_gradient_that_is_not_finite_ends_the_run(start, tmp_path, monkeypatch):
    """The loss itself is finite: the slope of a square root at zero is not."""
    penalty = losses.gradient_penalty
    monkeypatch.setattr(losses, "gradient_penalty", lambda slopes: penalty(slopes) + ops.sqrt(0.0 * ops.sum(slopes)))
    with pytest.raises(FaceganError, match="is not finite after step 2.") as stopped:
        start(2)
    assert remarks(tmp_path) == [(2, str(stopped.value))]
    assert not list(tmp_path.rglob("*.npz")) and not list(tmp_path.rglob("*.keras"))
