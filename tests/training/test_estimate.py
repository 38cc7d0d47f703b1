"""A dry run: its figures are true, and it leaves nothing behind."""

import pytest

from facegan.errors import FaceganError
from facegan.training.checkpoints import Checkpoints, Phase, variables_of
from facegan.training.estimate import estimate
from facegan.training.run import build_training


@pytest.fixture(scope="module")
def settings(small_settings):
    return small_settings("tiny")


def test_its_figures_are_true(drawn_faces, settings, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = sorted(drawn_faces.path.parent.rglob("*"))
    found = estimate(drawn_faces, settings)
    assert not list(tmp_path.iterdir()) and sorted(drawn_faces.path.parent.rglob("*")) == before
    photos = settings.recipe.epochs * len(drawn_faces.split("train"))
    assert found.steps == photos // settings.batch_size
    assert found.seconds_per_step > 0
    assert found.peak_memory > found.checkpoint

    training = build_training(drawn_faces, settings)
    assert found.parameters == {name: network.count_params() for name, network in training.networks.subnetworks.items()}
    Checkpoints(tmp_path).save(Phase("step", training, variables_of(training)), 0, {})
    (path,) = tmp_path.iterdir()
    # An array in the file takes some bytes more than its numbers, which counts in networks as small as these.
    assert found.checkpoint < path.stat().st_size < found.checkpoint + 400 * len(training.optimizer.variables) * 2


def test_too_few_photos(drawn_faces, small_settings):
    with pytest.raises(FaceganError, match="192 training photos, fewer than a batch of 500; lower --batch-size"):
        estimate(drawn_faces, small_settings("tiny", batch_size=500))
