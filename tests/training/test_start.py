import numpy as np
import pytest
from keras import ops

from facegan.training import run
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


@pytest.mark.usefixtures("eagerly")
def test_a_run_begins_with_it_and_goes_on_without(drawn_faces, small_settings, tmp_path, capfd):
    settings = small_settings("tiny", classified_images=16)
    run.train(drawn_faces, settings, tmp_path / "run", images=16)
    assert "first, encoder and classifier" in capfd.readouterr().err
    run.train(drawn_faces, settings, tmp_path / "run", images=32, resume=True)
    assert "first, encoder and classifier" not in capfd.readouterr().err
