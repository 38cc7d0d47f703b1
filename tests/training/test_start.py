import numpy as np
import pytest
from keras import ops

from facegan.attributes import HAIR_COLUMNS, Attributes
from facegan.training import run, start
from facegan.training.batches import WHOLE
from facegan.training.start import learn_to_classify


def started(faces, settings):
    training = run.build_training(faces, settings)
    before = {
        name: [ops.convert_to_numpy(weight) for weight in getattr(training.networks, name).weights]
        for name in ("encoder", "generator", "editor")
    }
    source = run.batch_source(faces, settings, training.networks.attributes)
    learn_to_classify(training.networks, source, WHOLE, quiet=True)
    after = {
        name: [ops.convert_to_numpy(weight) for weight in getattr(training.networks, name).weights]
        for name in before
    }
    return training.networks, {
        name: any((a != b).any() for a, b in zip(before[name], after[name])) for name in before
    }


@pytest.fixture(scope="module")
def networks_and_moved(drawn_faces, small_settings):
    settings = small_settings("tiny", classified_images=16 * 60, batch_size=16, filters=8, max_filters=32)
    return started(drawn_faces, settings)


def test_attributes_are_told_apart_before_the_gan_begins(networks_and_moved, drawn_faces):
    networks, _ = networks_and_moved
    test = drawn_faces.part("test")
    images = np.asarray(drawn_faces.faces[test], "float32") / 127.5 - 1
    labels = networks.attributes.select(drawn_faces.labels[test], drawn_faces.columns)
    ((_, _, logits),) = networks.judge(images, np.ones_like(labels))
    right = (ops.convert_to_numpy(logits) > 0) == (labels > 0.5)
    assert right.mean() > 0.75


def test_it_moves_the_encoder_alone(networks_and_moved):
    _, moved = networks_and_moved
    assert moved == {"encoder": True, "generator": False, "editor": False}


def test_without_photos_to_classify_nothing_moves(drawn_faces, small_settings):
    _, moved = started(drawn_faces, small_settings("tiny", classified_images=0))
    assert not any(moved.values())


def test_the_other_classifiers_learn_it_once(drawn_faces, small_settings):
    """Each of them in its own way: of two faces that differ in a column, which one has it. And then they stay as they are."""
    settings = small_settings("tiny", classified_images=16 * 250, batch_size=16, classifiers=2)
    networks = run.build_training(drawn_faces, settings).networks
    networks.record = {**networks.record, "begun_anew": ["classifiers"]}
    encoder = [ops.convert_to_numpy(weight) for weight in networks.encoder.weights]
    learn_to_classify(networks, run.batch_source(drawn_faces, settings, networks.attributes), WHOLE, quiet=True)
    test = drawn_faces.part("test")
    images = np.asarray(drawn_faces.faces[test], "float32") / 127.5 - 1
    labels = networks.attributes.select(drawn_faces.labels[test], drawn_faces.columns)
    answers = [ops.convert_to_numpy(answer) for answer in networks.classify(images, labels)]
    assert len(answers) == 2
    for answer in answers:
        logits = np.where(labels > 0.5, answer, -answer)
        pairs = [(column[truth > 0.5], column[truth < 0.5]) for column, truth in zip(logits.T, labels.T)]
        assert np.mean([np.mean(having[:, None] > lacking) for having, lacking in pairs if having.size]) > 0.68
    assert np.abs(answers[0] - answers[1]).mean() > 0.1
    assert not networks.classifiers.trainable_variables
    assert all((ops.convert_to_numpy(a) == b).all() for a, b in zip(networks.encoder.weights, encoder))


@pytest.mark.usefixtures("eagerly")
def test_a_run_begins_with_it_and_goes_on_without(drawn_faces, small_settings, tmp_path, capfd):
    settings = small_settings("tiny", classified_images=16)
    run.train(drawn_faces, settings, tmp_path / "run", images=16)
    assert "first, encoder and classifier" in capfd.readouterr().err
    run.train(drawn_faces, settings, tmp_path / "run", images=32, resume=True)
    assert "first, encoder and classifier" not in capfd.readouterr().err


def test_half_of_the_other_classifiers_photos_are_in_the_hair_of_others(drawn_faces, small_settings, monkeypatch):
    monkeypatch.setattr(start, "_turned", lambda image, random: image)
    settings = small_settings("tiny", mirror=False, batch_size=50)
    attributes = Attributes(settings.attributes, drawn_faces.columns)
    varied = start._Varied(run.batch_source(drawn_faces, settings, attributes), 0, 4)
    images, labels = map(np.concatenate, zip(*(varied[index] for index in range(4))))
    known = {face.tobytes(): row for face, row in zip(drawn_faces.faces, drawn_faces.labels)}
    # The top says whose hair it is.
    by_top = {face[:3].tobytes(): row for face, row in zip(drawn_faces.faces, drawn_faces.labels)}
    columns = drawn_faces.columns
    vectors = lambda row: attributes.select(row[None], columns)[0]
    hair = np.isin(attributes.columns, HAIR_COLUMNS)
    laid = np.array([image.tobytes() not in known for image in images])
    assert laid.mean() == pytest.approx(start.WITH_HAIR, abs=0.12)
    for image, row, other in zip(images, labels, laid):
        around = vectors(by_top[image[:3].tobytes()])
        assert (row[hair] == around[hair]).all()
        if not other:
            assert (row == vectors(known[image.tobytes()])).all()
    gender, age = (attributes.columns.index(column) for column in ("Male", "Young"))
    owners = [vectors(by_top[image[:3].tobytes()]) for image in images[laid]]
    assert all(row[gender] == owner[gender] for row, owner in zip(labels[laid], owners))
    assert any(row[age] != owner[age] for row, owner in zip(labels[laid], owners))


def test_to_the_other_classifiers_both_values_of_a_column_weigh_the_same(drawn_faces, small_settings):
    """Of faces that all look alike to it, a classifier does well to say neither yes nor no, however rare glasses are."""
    settings = small_settings("tiny", batch_size=16)
    attributes = Attributes(settings.attributes, drawn_faces.columns)
    source = run.batch_source(drawn_faces, settings, attributes)
    loss = start._of_each_classifier(source, 40)
    labels = np.concatenate([labels for _, labels in start._Varied(source, 0, 40)])
    for place in np.flatnonzero(labels.any(axis=0) & (labels.mean(axis=0) < 0.25)):
        one = np.eye(labels.shape[1], dtype="float32")[place]
        answered = lambda logit: ops.convert_to_numpy(loss(labels, np.tile(logit * one, (len(labels), 2, 1)))).mean()
        assert answered(0.0) < min(answered(0.3), answered(-0.3))
        assert answered(0.3) == pytest.approx(answered(-0.3), rel=1e-3)
