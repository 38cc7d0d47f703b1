"""A run that begins with the weights of another model."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops
from random_weights import enliven

from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.inference import load
from facegan.model_files import describe
from facegan.models.saving import load_networks, save_model
from facegan.training.ema import averaged
from facegan.training.plan import Settings
from facegan.training.pretraining import FinderTraining, fine_tune_attribute_finder
from facegan.training.run import batch_source, build_training, train


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


@pytest.mark.one_backend
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
@pytest.mark.parametrize("trained", [False, True])
def test_the_average_follows_random_and_trained_weights_from_the_first_step(whole, run, tmp_path, trained):
    """Also in the part of a run that goes on."""
    for steps, resume in ((3, False), (6, True)):
        followed = Followed()
        start = whole if trained and not resume else None
        run(tmp_path / "run", steps=steps, start=start, resume=resume, callbacks=[followed])
        assert followed.share > 0.3


@pytest.mark.one_backend
def test_the_photos_before_the_model_before_are_counted_too(whole, drawn_faces, run_settings, tmp_path):
    networks = load_networks(whole / "model.keras", "float32")
    networks.record = {**networks.record, "images_before": 40}
    save_model(networks, tmp_path / "model.keras")
    start = build_training(drawn_faces, run_settings, tmp_path / "model.keras").networks
    assert start.record["images_before"] == networks.record["images_seen"] + 40


def smiling_faces(faces, known=slice(None)):
    """The same faces with one label column, of a kind that the package does not know; known of these faces alone."""
    smiling = PreparedFaces(faces.path)
    smiling.columns = ("smiling",)
    smiling.labels = np.arange(len(faces), dtype="uint8")[:, None] % 2
    smiling.known = np.zeros((len(faces), 1), bool)
    smiling.known[known] = True
    return smiling


FINDER = {"attribute_finder.images": 16, "attribute_finder.batch_size": 8}
EVERY_PLACE_OF_A_CONDITION = [
    ("paper", {}),
    ("tiny", FINDER),
    ("tiny", {"networks.decoder.conditioning": "concatenation", "networks.decoder.upsampling": "nearest"}),
    ("celeba128", {}),
]


@pytest.mark.one_backend
@pytest.mark.usefixtures("eagerly")
@pytest.mark.parametrize(("name", "changes"), EVERY_PLACE_OF_A_CONDITION)
def test_a_model_that_gains_attributes_does_at_first_what_it_did(drawn_faces, small_settings, tmp_path, name, changes):
    """Whatever the new columns are, but for the order in which a backend sums."""
    settings = small_settings(name, changes)
    save_model(build_training(drawn_faces, settings, pretrained=False).networks, tmp_path / "model.keras")
    before = load_networks(tmp_path / "model.keras", "float32")
    faces = smiling_faces(drawn_faces).with_attributes(settings.attributes)
    more = replace(settings, attributes=(*settings.attributes, "smiling"))
    after = build_training(faces, more, tmp_path / "model.keras", pretrained=False).networks
    assert after.attributes.names == more.attributes and after.record["random_networks"] == []
    assert after.record["new_attributes"] == ["smiling"]

    random = np.random.default_rng(0)
    noise = random.standard_normal((4, settings.recipe.networks.generator.noise_size)).astype("float32")
    images = random.uniform(-1, 1, (4, 32, 32, 3)).astype("float32")
    source, target = random.integers(0, 2, (2, 4, 8)).astype("float32")
    # An edit's strength is that of its largest change, so one of the old attributes changes too.
    source[:, 0], target[:, 0] = 0, 1
    new = np.array([[0], [1], [0], [1]], "float32")
    sources, targets = np.hstack([source, new]), np.hstack([target, new[::-1]])
    (old_score, old_match), (score, match) = (
        before.discriminate(images, source)[0],
        after.discriminate(images, sources)[0],
    )
    pairs = [
        (before.generate(noise, source), after.generate(noise, sources)),
        (before.edit(images, source, target), after.edit(images, sources, targets)),
        (old_score, score),
        (old_match, match[:, : old_match.shape[1]]),
    ]
    if after.attribute_finder is not None:
        pairs.append((before.attribute_finder(images), after.attribute_finder(images)[:, :8]))
    if after.feature_critic is not None:
        shapes = [shape[1:] for shape in after.feature_critic.input_shape]
        features = [random.standard_normal((4, *shape)).astype("float32") for shape in shapes]
        (old_scores, old_logits), (scores, logits) = before.feature_critic(features), after.feature_critic(features)
        pairs += [(old_scores, scores), (old_logits, logits[:, :8])]
    for old, now in pairs:
        np.testing.assert_allclose(ops.convert_to_numpy(now), ops.convert_to_numpy(old), rtol=1e-5, atol=1e-5)


@pytest.mark.one_backend
@pytest.mark.usefixtures("eagerly")
def test_photos_with_the_new_label_alone_do(drawn_faces, small_settings, tmp_path, caplog):
    """The finder knows the other labels, and learns the new one; the run resumes as exactly as any."""
    settings = small_settings("tiny", FINDER, batch_size=8)
    save_model(build_training(drawn_faces, settings, pretrained=False).networks, tmp_path / "model.keras")
    faces = smiling_faces(drawn_faces, drawn_faces.split("train")[:40])
    more = Settings.defaults(None, tmp_path / "model.keras").given(
        faces.columns, ("smiling", *settings.attributes[::-1]), batch_size=8, precision="float32"
    )
    assert more.attributes == (*settings.attributes, "smiling")
    caplog.set_level("INFO", "facegan")
    path, _ = train(faces, more, tmp_path / "whole", 16, start=tmp_path / "model.keras", pretrained=False)
    assert "training the attribute finder for 2 steps" in caplog.text
    model = load(path)
    assert model.attributes.names[-1] == "smiling" and model.attributes.values([0] * 8 + [1])["smiling"] == "1"
    described = describe(path)
    assert sum(described["combinations"].values()) == len(faces.split("train"))
    assert described["record"]["new_attributes"] == ["smiling"]

    train(faces, more, tmp_path / "parts", 8, start=tmp_path / "model.keras", pretrained=False)
    path, _ = train(faces, more, tmp_path / "parts", 16, resume=True, pretrained=False)
    again, first = (weights(load_networks(tmp_path / run / "model.keras", "float32")) for run in ("parts", "whole"))
    assert all((a == b).all() for a, b in zip(again, first, strict=True))
    assert describe(path)["combinations"] == described["combinations"]


@pytest.mark.one_backend
@pytest.mark.usefixtures("eagerly")
def test_a_finder_that_learns_a_new_label_remembers_the_others(drawn_faces, small_settings, tmp_path):
    """Photos without the labels that it knows teach it nothing of them but to stay as it is."""
    settings = small_settings("tiny", {**FINDER, "attribute_finder.images": 80}, batch_size=8)
    save_model(build_training(drawn_faces, settings, pretrained=False).networks, tmp_path / "model.keras")
    faces = smiling_faces(drawn_faces).with_attributes(settings.attributes)
    more = replace(settings, attributes=(*settings.attributes, "smiling"))
    images = drawn_faces.faces[:32].astype("float32") / 127.5 - 1
    moved = {}
    for teaching in (True, False):
        started = build_training(faces, more, tmp_path / "model.keras", pretrained=False)
        networks = started.networks
        enliven(networks.attribute_finder)
        before = ops.convert_to_numpy(networks.attribute_finder(images))
        source = batch_source(faces, more, networks.attributes)
        training = FinderTraining(networks, source, started.beginning, pretrained=False)
        if not teaching:
            training._learnt = 0
        fine_tune_attribute_finder(training, source, 0, quiet=True)
        after = ops.convert_to_numpy(networks.attribute_finder(images))
        moved[teaching] = np.abs(after - before)[:, :8].mean()
        assert (after != before)[:, 8].all()
    assert moved[True] < moved[False]


@pytest.mark.one_backend
@pytest.mark.usefixtures("eagerly")
def test_without_a_finder_every_label_has_to_be_known(whole, drawn_faces, run_settings, tmp_path):
    more = replace(run_settings, attributes=(*run_settings.attributes, "smiling"))
    with pytest.raises(FaceganError, match="'gender' has no known value"):
        train(smiling_faces(drawn_faces), more, tmp_path / "run", images=16, start=whole)


@pytest.mark.one_backend
def test_a_network_with_other_layers_begins_with_random_weights(drawn_faces, small_settings, tmp_path, caplog):
    save_model(build_training(drawn_faces, small_settings("tiny", seed=1)).networks, tmp_path / "model.keras")
    settings = small_settings("tiny", {"networks.editor.output": "gain_and_residual"})
    started = build_training(drawn_faces, settings, tmp_path / "model.keras").networks
    new = build_training(drawn_faces, settings).networks
    loaded = load_networks(tmp_path / "model.keras", "float32")
    for name in ("encoder", "discriminator", "generator"):
        theirs, own = (weights(networks.subnetworks[name]) for networks in (loaded, started))
        assert all((a == b).all() for a, b in zip(theirs, own, strict=True))
    assert all((a == b).all() for a, b in zip(weights(started.editor), weights(new.editor), strict=True))
    assert "the editor of" in (told := caplog.text) and "it is initialised randomly" in told
    assert started.record["random_networks"] == ["editor"]


@pytest.mark.one_backend
@pytest.mark.usefixtures("eagerly")
def test_a_finder_that_the_model_brings_is_not_fine_tuned_again(drawn_faces, small_settings, tmp_path, caplog):
    """The model before had none, the second has one, and hands it on."""
    save_model(build_training(drawn_faces, small_settings("tiny")).networks, tmp_path / "first.keras")
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


@pytest.mark.one_backend
def test_models_that_do_not_fit(whole, drawn_faces, run_settings, small_settings, tmp_path):
    for settings, message in (
        (small_settings("paper", {"networks.encoder.filters": 8}), "its encoder has different layers than 'paper'"),
        (small_settings("tiny", {"networks.encoder.max_filters": 4}), "its encoder has different layers than 'tiny'"),
    ):
        with pytest.raises(FaceganError, match=message):
            train(drawn_faces, settings, tmp_path / "run", images=16, start=whole)
    other = replace(run_settings, attributes=("glasses",))
    lost = "a model keeps its attributes; name gender, age, skin, hair in --attributes too"
    with pytest.raises(FaceganError, match=lost):
        train(drawn_faces, other, tmp_path / "run", images=16, start=whole)
    assert not (tmp_path / "run").exists() or not list((tmp_path / "run").iterdir())
