"""A run that grows a model from one of half the size."""

import os
import signal
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from facegan.data.drawn import drawn_source
from facegan.data.prepare import prepare
from facegan.errors import FaceganError
from facegan.model_files import describe
from facegan.models.growing import GrowingFaceGAN
from facegan.models.saving import load_networks
from facegan.training.checkpoints import Checkpoints
from facegan.training.estimate import estimate
from facegan.training.plan import Settings
from facegan.training.run import build_training, settings_of_run, train

pytestmark = pytest.mark.usefixtures("eagerly")
STEPS, BATCH_SIZE = 6, 8


@pytest.fixture(scope="module")
def faces64(tmp_path_factory):
    return prepare(drawn_source(40, seed=0), tmp_path_factory.mktemp("drawn64") / "faces", 64, 0, 1)


@pytest.fixture(scope="module")
def small(module_eagerly, drawn_faces, small_settings, tmp_path_factory):
    """The folder of a run of 32 pixels."""
    out = tmp_path_factory.mktemp("small") / "run"
    train(drawn_faces, small_settings("tiny", batch_size=BATCH_SIZE), out, images=BATCH_SIZE)
    return out


@pytest.fixture(scope="module")
def settings(small, faces64):
    return Settings.defaults(start=small, grow=True).given(faces64.columns, batch_size=BATCH_SIZE, precision="float32")


class Interrupt(keras.callbacks.Callback):
    def on_train_batch_begin(self, batch, logs=None):
        if batch == 1:
            os.kill(os.getpid(), signal.SIGTERM)


def end(out):
    with np.load(Checkpoints(out / "checkpoints").paths()[-1], allow_pickle=False) as file:
        return {name: file[name].tobytes() for name in file.files if name != "description"}


def test_it_grows_and_goes_on_exactly_where_it_stopped(faces64, small, settings, tmp_path):
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    options = {"images": STEPS * BATCH_SIZE, "start": small}
    assert train(faces64, settings, whole, **options) == (whole / "model.keras", True)
    record, combinations = describe(whole)["record"], describe(whole)["combinations"]
    assert sum(combinations.values()) == len(faces64.split("train"))
    assert describe(whole)["image_size"] == 64 and record["settings"]["grow"]
    assert record["images_before"] == describe(small)["record"]["images_seen"]
    assert record["random_networks"] == ["encoder", "generator", "editor"]
    # An epoch has four steps, and the fade three.
    assert [entry["losses"]["fade"] for entry in record["history"]] == pytest.approx([(1 / 3 + 2 / 3 + 1 + 1) / 4, 1])

    # In the middle of the fade there is a checkpoint, and no model of this size yet.
    path, finished = train(faces64, settings, stopped, **options, callbacks=[Interrupt()])
    assert not finished and not path.exists()
    resumed, images = settings_of_run(stopped)
    assert (resumed, images) == (settings, STEPS * BATCH_SIZE)
    assert train(faces64, resumed, stopped, images=images, resume=True)[1]
    assert end(whole) == end(stopped)
    pairs = zip(*(load_networks(out / "model.keras", "float32").weights for out in (whole, stopped)), strict=True)
    assert all((ops.convert_to_numpy(a) == ops.convert_to_numpy(b)).all() for a, b in pairs)


def test_a_run_begins_with_the_trained_inner_stages(faces64, small, settings):
    growing = build_training(faces64, settings, small).networks
    assert isinstance(growing, GrowingFaceGAN) and float(growing.fade.alpha) == 0
    trained = load_networks(small / "model.keras", "float32")
    noise, condition = np.ones((2, 10), "float32"), np.eye(2, 8, dtype="float32")
    faces = ops.convert_to_numpy(growing.generate(noise, condition))
    enlarged = keras.layers.UpSampling2D(interpolation="bilinear")(trained.generate(noise, condition))
    assert (faces == ops.convert_to_numpy(enlarged)).all()


def test_a_dry_run_counts_what_fades_out_too(faces64, small, settings):
    training = build_training(faces64, settings, small)
    counts = {name: network.count_params() for name, network in training.networks.subnetworks.items()}
    assert estimate(faces64, settings, start=small).parameters == counts


def test_models_that_cannot_grow(drawn_faces, faces64, small, settings, tmp_path):
    for data, changed, message in (
        (drawn_faces, settings, "cannot grow to 32 pixels: its images are 32 pixels wide, not 16"),
        (faces64, replace(settings, attributes=("glasses",)), "cannot grow: its attribute names are"),
        (
            faces64,
            replace(settings, recipe=settings.recipe.with_filters(3)),
            "its encoder has different layers than 'tiny'",
        ),
    ):
        with pytest.raises(FaceganError, match=message):
            train(data, changed, tmp_path / "run", images=BATCH_SIZE, start=small)
    with pytest.raises(FaceganError, match="name it with --from"):
        Settings.defaults(grow=True)


def test_options_that_exclude_each_other(facegan, faces64, small, tmp_path):
    def refused(*arguments):
        code, _, error = facegan("train", faces64.path, "--out", tmp_path / "run", *arguments)
        assert code == 2 and error.count("\n") == 1
        return error

    assert "--from must name a model of half the size for --grow" in refused("--grow")
    assert "--resume continues growing by itself; omit --grow" in refused("--resume", "--grow")
    dry = refused("--from", small, "--grow", "--dry-run", "--set", "networks.encoder.filters=3")
    assert "its encoder has different layers than 'tiny' one stage smaller" in dry
