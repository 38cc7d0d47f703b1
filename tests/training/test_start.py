"""A run that begins with the weights of another model."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from facegan.errors import FaceganError
from facegan.model_files import describe
from facegan.models.saving import load_networks, save_model
from facegan.training.ema import averaged
from facegan.training.run import build_training, train


def weights(networks):
    return [ops.convert_to_numpy(weight) for weight in networks.weights]


def test_weights_and_averages_begin_with_the_models(whole, drawn_faces, run_settings):
    trained = weights(load_networks(whole / "model.keras", "float32"))
    training = build_training(drawn_faces, run_settings, whole)
    assert all((a == b).all() for a, b in zip(weights(training.networks), trained, strict=True))
    with averaged(training):
        assert all((a == b).all() for a, b in zip(weights(training.networks), trained, strict=True))
    assert any(
        (a != b).any()
        for a, b in zip(weights(build_training(drawn_faces, run_settings).networks), trained, strict=True)
    )


@pytest.mark.usefixtures("eagerly")
def test_the_photos_before_are_counted_over_all_runs(whole, run, tmp_path):
    seen = describe(whole)["record"]["images_seen"]
    run(tmp_path / "second", steps=3, start=whole)
    second = describe(tmp_path / "second")["record"]
    assert (second["images_seen"], second["images_before"]) == (3 * 16, seen)
    run(tmp_path / "second", steps=5, resume=True)
    record = describe(tmp_path / "second")["record"]
    assert record["images_before"] == seen and record["random_networks"] == []


class Followed(keras.callbacks.Callback):
    """How far the average has followed the weights in a run, as a share of their way."""

    def _state(self):
        variables = [*self.model.trainable_variables, *self.model.optimizer.averages]
        return np.split(np.concatenate([ops.convert_to_numpy(variable).ravel() for variable in variables]), 2)

    def on_train_begin(self, logs=None):
        self.first = self._state()

    # At the end, Keras puts the averages in the place of the weights.
    def on_train_batch_end(self, batch, logs=None):
        weights, averages = (np.abs(last - first).mean() for last, first in zip(self._state(), self.first, strict=True))
        self.share = averages / weights


@pytest.mark.usefixtures("eagerly")
def test_the_average_gives_up_random_weights_at_once_and_trained_ones_slowly(whole, run, tmp_path):
    """Also in the part of a run that goes on."""
    shares = {}
    for name, start in (("random", None), ("trained", whole)):
        for part in ("first", "second"):
            followed = Followed()
            resume = part == "second"
            run(tmp_path / name, steps=6 if resume else 3, start=None if resume else start, resume=resume,
                callbacks=[followed])  # fmt: skip
            shares[name, part] = followed.share
    assert min(shares["random", "first"], shares["random", "second"]) > 0.3
    assert max(shares["trained", "first"], shares["trained", "second"]) < 0.01


def test_the_photos_before_the_model_before_are_counted_too(whole, drawn_faces, run_settings, tmp_path):
    networks = load_networks(whole / "model.keras", "float32")
    networks.record = {**networks.record, "images_before": 40}
    save_model(networks, tmp_path / "model.keras")
    start = build_training(drawn_faces, run_settings, tmp_path / "model.keras").networks
    assert start.record["images_before"] == networks.record["images_seen"] + 40


def save_trained(networks, path):
    """As if the networks had been trained."""
    networks.record = {**networks.record, "images_seen": 16}
    save_model(networks, path)


def test_of_a_model_that_has_seen_no_photo_only_the_finder_is_taken(drawn_faces, small_settings, tmp_path, caplog):
    """It has been pretrained, and nothing else in it has learnt anything."""
    settings = small_settings("tiny", {"attribute_finder.images": 16})
    pretrained = build_training(drawn_faces, replace(settings, seed=1), pretrained=False).networks
    save_model(pretrained, tmp_path / "model.keras")
    started = build_training(drawn_faces, settings, tmp_path / "model.keras", pretrained=False).networks
    loaded = load_networks(tmp_path / "model.keras", "float32")
    same = {
        name: all((a == b).all() for a, b in zip(weights(network), weights(loaded.subnetworks[name]), strict=True))
        for name, network in started.subnetworks.items()
    }
    assert same == {name: name == "attribute_finder" for name in started.subnetworks}
    assert set(started.record["random_networks"]) == set(same) - {"attribute_finder"}
    assert not caplog.text


def test_a_network_with_other_layers_begins_with_random_weights(drawn_faces, small_settings, tmp_path, caplog):
    save_trained(build_training(drawn_faces, small_settings("tiny", seed=1)).networks, tmp_path / "model.keras")
    settings = small_settings("tiny", {"networks.editor.output": "gain_and_residual"})
    started = build_training(drawn_faces, settings, tmp_path / "model.keras").networks
    new = build_training(drawn_faces, settings).networks
    loaded = load_networks(tmp_path / "model.keras", "float32")
    for name in ("encoder", "discriminator", "generator"):
        theirs, own = (weights(networks.subnetworks[name]) for networks in (loaded, started))
        assert all((a == b).all() for a, b in zip(theirs, own, strict=True))
    assert all((a == b).all() for a, b in zip(weights(started.editor), weights(new.editor), strict=True))
    assert "the editor of" in (told := caplog.text) and "it begins with random weights" in told
    assert started.record["random_networks"] == ["editor"]


@pytest.mark.usefixtures("eagerly")
def test_a_finder_that_the_model_brings_is_not_fine_tuned_again(drawn_faces, small_settings, tmp_path, caplog):
    """The model before had none, the second has one, and hands it on."""
    save_trained(build_training(drawn_faces, small_settings("tiny")).networks, tmp_path / "first.keras")
    finder = {"attribute_finder.images": 32, "attribute_finder.batch_size": 16}
    settings = small_settings("tiny", finder, batch_size=16)
    caplog.set_level("INFO", "facegan")
    options = {"images": 16, "pretrained": False}
    train(drawn_faces, settings, tmp_path / "second", start=tmp_path / "first.keras", **options)
    told = caplog.text
    caplog.clear()
    assert "the attribute_finder of" in told and "training the attribute finder" in told
    train(drawn_faces, settings, tmp_path / "third", start=tmp_path / "second", **options)
    assert "training the attribute finder" not in caplog.text
    second, third = (load_networks(tmp_path / run / "model.keras", "float32") for run in ("second", "third"))
    pairs = zip(weights(second.attribute_finder), weights(third.attribute_finder), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_models_that_do_not_fit(whole, drawn_faces, run_settings, small_settings, tmp_path):
    for settings, message in (
        (small_settings("paper", {"networks.encoder.filters": 8}), "its encoder has other layers than 'paper'"),
        (small_settings("tiny", {"networks.encoder.max_filters": 4}), "its encoder has other layers than 'tiny'"),
    ):
        with pytest.raises(FaceganError, match=message):
            train(drawn_faces, settings, tmp_path / "run", images=16, start=whole)
    other = replace(run_settings, attributes=("glasses",))
    with pytest.raises(FaceganError, match="its attribute names are"):
        train(drawn_faces, other, tmp_path / "run", images=16, start=whole)
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").iterdir())
