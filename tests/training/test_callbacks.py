"""What happens around the steps: the end at a loss that is not finite, and what TensorBoard shows."""

import json
import math
import shlex
import subprocess
import sys

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata

from facegan.errors import FaceganError
from facegan.recipe.toml import write_recipe
from facegan.training import backends, callbacks
from facegan.training.backends import synchronise
from facegan.training.callbacks import clock
from facegan.training.checkpoints import Checkpoints
from facegan.training.step import GANTraining
from facegan.training.tensorboard import EventWriter

NETWORKS = ("discriminator", "generator", "editor")
TERMS = [f"{network}{term}" for network in NETWORKS for term in ("", "/adversarial", "/match")]
TERMS += ["discriminator/gradient_penalty", "generator/reconstruction", "editor/reconstruction"]
RATES = [f"learning_rate/{network}" for network in NETWORKS]


class Poison(keras.callbacks.Callback):
    """Makes a weight not a number after a step."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 == self.step:
            synchronise(self.model)
            variable = self.model.trainable_variables[0]
            variable.assign(np.full(variable.shape, np.nan, "float32"))


@pytest.mark.usefixtures("eagerly")
def test_a_loss_that_is_not_finite_ends_the_run_and_saves_nothing(run, tmp_path):
    files = {}

    class Look(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch + 1 == 4:
                files.update({path: path.read_bytes() for path in tmp_path.rglob("*.npz")})
                files.update({path: path.read_bytes() for path in tmp_path.rglob("*.keras")})

    with pytest.raises(FaceganError, match="is not finite after step 5. Resume from the last checkpoint") as caught:
        run(tmp_path, checkpoint_minutes=0.0, callbacks=[Poison(4), Look()])
    assert "--resume" in str(caught.value)
    assert sorted(path.name for path in files) == ["model.keras", *(f"step-0000000{step}.npz" for step in (2, 3, 4))]
    assert {path: path.read_bytes() for path in files} == files
    assert len(list(tmp_path.rglob("*.npz"))) == 3


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="TensorFlow keeps no values apart from its variables")
def test_losses_and_weights_stay_on_the_device_until_they_are_needed(run, tmp_path, monkeypatch):
    """Losses for ten steps or until an epoch ends, weights until they are saved. Whatever waits, a GPU idles."""
    step, read_after, taken_at, kept_as = 0, set(), [], set()
    of_one, take = backends.Losses.__getitem__, GANTraining._get_jax_state

    class Count(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            nonlocal step
            step = batch + 1

        def on_train_batch_end(self, batch, logs=None):
            # Keras's own kind of dictionary would have looked at every array.
            kept_as.add(type(self._model._jax_state))

    def getitem(losses, name):
        read_after.add(step)
        return of_one(losses, name)

    def get_state(training, **options):
        taken_at.append(step)
        return take(training, **options)

    monkeypatch.setattr(backends.Losses, "__getitem__", getitem)
    monkeypatch.setattr(GANTraining, "_get_jax_state", get_state)
    for interval in ("LINE_EVERY", "BAR_EVERY"):
        monkeypatch.setattr(callbacks, interval, math.inf)
    run(tmp_path, steps=25, callbacks=[Count()])
    assert read_after == {10, 12, 20, 24, 25}
    assert taken_at == [1]
    assert kept_as == {dict}


def read(folder):
    events = EventAccumulator(str(folder / "logs"), size_guidance={"scalars": 0, "images": 0})
    events.Reload()
    return events


def test_tensorboard_shows_every_loss_the_rates_and_the_speed(whole):
    events = read(whole)
    assert set(events.Tags()["scalars"]) == {*TERMS, *RATES, "images_per_second"}
    for tag in events.Tags()["scalars"]:
        points = events.Scalars(tag)
        assert [point.step for point in points] == [10, 20, 30, 40, 50, 60]
        assert np.isfinite([point.value for point in points]).all()
    assert events.Scalars("learning_rate/editor")[0].value == pytest.approx(2e-4)
    assert events.Scalars("images_per_second")[0].value > 0
    for network in NETWORKS:
        parts = [events.Scalars(tag)[-1].value for tag in TERMS if tag.startswith(f"{network}/")]
        assert events.Scalars(network)[-1].value == pytest.approx(sum(parts), rel=1e-4)


def test_tensorboard_shows_images_before_the_first_step_and_with_each_checkpoint(whole):
    """The run is too short for one in its midst."""
    events = read(whole)
    assert set(events.Tags()["images"]) == {"generated", "edited"}
    for tag in ("generated", "edited"):
        images = events.Images(tag)
        assert [image.step for image in images] == [0, 60]
        assert all(image.encoded_image_string.startswith(b"\x89PNG") and image.width > 60 for image in images)
        assert len({image.encoded_image_string for image in images}) == 2


def texts(events, tag):
    """`[(step, the code in a text of one block), ...]`"""
    blocks = [(event.step, event.tensor_proto.string_val[0].decode()) for event in events.Tensors(tag)]
    return [(step, block.split("\n", 1)[1].removesuffix("```")) for step, block in blocks]


def test_tensorboard_shows_the_command_the_recipe_and_the_hyperparameters(whole, run_settings):
    events = read(whole)
    assert texts(events, "command") == [(0, shlex.join(sys.orig_argv) + "\n")]
    assert texts(events, "recipe") == [(0, write_recipe(run_settings.recipe))]
    about = events.SummaryMetadata(metadata.SESSION_START_INFO_TAG).plugin_data.content
    shown = metadata.parse_session_start_info_plugin_data(about).hparams
    assert {name: getattr(value, value.WhichOneof("kind")) for name, value in shown.items()} == (
        run_settings.hyperparameters()
    )
    assert shown["recipe.networks.encoder.kernel_size"].number_value == 3
    assert shown["attributes"].string_value == ", ".join(run_settings.attributes)


@pytest.mark.usefixtures("eagerly")
def test_a_time_limit_ends_the_run_with_a_checkpoint(run, tmp_path):
    model, finished = run(tmp_path, steps=3, minutes=1e-9)
    assert not finished and model.exists()
    assert Checkpoints(tmp_path / "checkpoints").describe()["step"] == 1
    assert [image.step for image in read(tmp_path).Images("generated")] == [0, 1]
    # Without a limit, or within it, it ends as planned.
    assert run(tmp_path, steps=3, minutes=60, resume=True) == (model, True)
    assert Checkpoints(tmp_path / "checkpoints").describe()["step"] == 3
    events = read(tmp_path)
    assert [[step for step, _ in texts(events, tag)] for tag in ("command", "recipe")] == [[0, 1], [0]]


def test_steps_that_are_done_again_are_shown_once(tmp_path):
    first = EventWriter(tmp_path / "logs")
    for step in (10, 20, 30):
        first.scalars(step, {"editor": step})
    first.close()
    again = EventWriter(tmp_path / "logs", first_step=15)
    for step in (20, 30, 40):
        again.scalars(step, {"editor": 100 + step})
    again.close()
    assert [(e.step, e.value) for e in read(tmp_path).Scalars("editor")] == [(10, 10), (20, 120), (30, 130), (40, 140)]


@pytest.mark.parametrize("seconds, text", [(0, "0:00"), (59.6, "1:00"), (754, "12:34"), (3723, "1:02:03")])
def test_clock(seconds, text):
    assert clock(seconds) == text


WITHOUT_TENSORFLOW = """
import json, sys

class Forbidden:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow":
            raise ModuleNotFoundError(f"No module named '{name}'", name=name)

sys.meta_path.insert(0, Forbidden())
import facegan
from facegan.data.prepared import PreparedFaces
from facegan.training.plan import Settings
from facegan.training.run import train

faces, settings, out = sys.argv[1:]
train(PreparedFaces(faces), Settings.from_dict(json.loads(settings)), out, images=3 * 16)
model = facegan.load(out)
assert model.edit(model.generate("glasses", seed=0), "glasses=0").size == (32, 32)
assert "tensorflow" not in sys.modules
"""


@pytest.mark.skipif(keras.backend.backend() != "jax", reason="it trains on JAX where TensorFlow is not to be found")
def test_jax_trains_and_generates_without_tensorflow(drawn_faces, run_settings, tmp_path):
    arguments = [str(drawn_faces.path), json.dumps(run_settings.to_dict()), str(tmp_path / "run")]
    subprocess.run([sys.executable, "-c", WITHOUT_TENSORFLOW, *arguments], check=True)
