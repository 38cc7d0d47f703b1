"""A run that begins with the weights of another model."""

import keras
import numpy as np
import pytest
from keras import ops

from facegan.errors import FaceganError
from facegan.inference import describe
from facegan.models.file import load_networks, save_model
from facegan.training.averages import averaged
from facegan.training.run import build_training, train


def weights(networks):
    return [ops.convert_to_numpy(weight) for weight in networks.weights]


def test_weights_and_averages_begin_with_the_models(whole, drawn_faces, run_settings):
    trained = weights(load_networks(whole / "model.keras", "float32"))
    training = build_training(drawn_faces, run_settings, whole)
    assert all((a == b).all() for a, b in zip(weights(training.networks), trained))
    with averaged(training):
        assert all((a == b).all() for a, b in zip(weights(training.networks), trained))
    assert any((a != b).any() for a, b in zip(weights(build_training(drawn_faces, run_settings).networks), trained))


@pytest.mark.usefixtures("eagerly")
def test_the_photos_before_are_counted_over_all_runs(whole, run, tmp_path):
    seen = describe(whole)["record"]["images_seen"]
    run(tmp_path / "second", steps=3, start=whole)
    second = describe(tmp_path / "second")["record"]
    assert (second["images_seen"], second["images_before"]) == (3 * 16, seen)
    run(tmp_path / "second", steps=5, resume=True)
    record = describe(tmp_path / "second")["record"]
    assert record["images_before"] == seen and record["begun_anew"] == []


class Followed(keras.callbacks.Callback):
    """How much of the way that the weights have gone in a run their average has gone, too."""

    def _state(self):
        variables = [*self.model.trainable_variables, *self.model.optimizer.averages]
        return np.split(np.concatenate([ops.convert_to_numpy(variable).ravel() for variable in variables]), 2)

    def on_train_begin(self, logs=None):
        self.first = self._state()

    # At the end, Keras puts the averages in the place of the weights.
    def on_train_batch_end(self, batch, logs=None):
        weights, averages = (np.abs(last - first).mean() for last, first in zip(self._state(), self.first))
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


@pytest.mark.usefixtures("eagerly")
def test_a_start_learns_only_what_it_does_not_bring(drawn_faces, small_settings, tmp_path, capfd):
    """What attributes look like the model knows already; classifiers that it has not had learn it, once."""
    first = small_settings("tiny", batch_size=16, classified_images=16)
    save_model(build_training(drawn_faces, first).networks, tmp_path / "first.keras")
    settings = small_settings("tiny", batch_size=16, classified_images=16, classifiers=2)
    train(drawn_faces, settings, tmp_path / "second", images=16, start=tmp_path / "first.keras")
    told = capfd.readouterr().err
    assert "first, the other classifiers" in told and "first, encoder and classifier" not in told
    train(drawn_faces, settings, tmp_path / "third", images=16, start=tmp_path / "second")
    assert "first, " not in capfd.readouterr().err
    second, third = (load_networks(tmp_path / run / "model.keras", "float32") for run in ("second", "third"))
    pairs = zip(weights(second.classifiers), weights(third.classifiers), strict=True)
    assert all((a == b).all() for a, b in pairs)


def test_a_network_of_another_kind_begins_anew(drawn_faces, small_settings, tmp_path, capsys):
    before = build_training(drawn_faces, small_settings("tiny", seed=1)).networks
    save_model(before, tmp_path / "model.keras")
    settings = small_settings("tiny", editing="repainting")
    started = build_training(drawn_faces, settings, tmp_path / "model.keras").networks
    new = build_training(drawn_faces, settings).networks
    for name in ("encoder", "discriminator", "generator"):
        theirs, own = (weights(getattr(networks, name)) for networks in (load_networks(tmp_path / "model.keras", "float32"), started))
        assert all((a == b).all() for a, b in zip(theirs, own, strict=True))
    assert all((a == b).all() for a, b in zip(weights(started.editor), weights(new.editor), strict=True))
    assert "model.keras has other layers; it begins anew" in capsys.readouterr().err


def test_models_that_do_not_fit(whole, drawn_faces, run_settings, small_settings, tmp_path):
    for settings, message in (
        (small_settings("paper", filters=8), "its encoder has other layers than 'paper'"),
        (small_settings("tiny", filters=4, max_filters=4), "its encoder has other layers than 'tiny'"),
    ):
        with pytest.raises(FaceganError, match=message):
            train(drawn_faces, settings, tmp_path / "run", images=16, start=whole)
    other = type(run_settings)(**{**vars(run_settings), "attributes": ("glasses",)})
    with pytest.raises(FaceganError, match="its attribute names are"):
        train(drawn_faces, other, tmp_path / "run", images=16, start=whole)
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").iterdir())
