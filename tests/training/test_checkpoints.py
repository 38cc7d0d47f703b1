"""Checkpoints: whole or not at all, the newest three, and clear errors about what cannot be read."""

import errno

import numpy as np
import pytest
from keras import ops

from facegan.errors import FaceganError
from facegan.training.checkpoints import Checkpoints

pytestmark = pytest.mark.parametrize("step", ["tiny"], indirect=True)


@pytest.fixture
def training(step):
    return step.training


@pytest.fixture
def checkpoints(training, tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(training, 5, {"settings": {"seed": 1}})
    return checkpoints


def names(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_a_checkpoint_brings_everything_back(training, checkpoints):
    variables = training.trainable_variables + training.optimizer.variables
    before = [ops.convert_to_numpy(variable).copy() for variable in variables]
    for variable in variables:
        variable.assign(variable + 1)
    checkpoints.restore(training)
    for variable, value in zip(variables, before):
        assert (ops.convert_to_numpy(variable) == value).all()
    description = checkpoints.describe()
    assert description["step"] == 5 and description["settings"] == {"seed": 1}


def test_a_checkpoint_has_no_pickled_objects(checkpoints):
    with np.load(checkpoints.paths()[-1], allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_the_newest_three_are_kept(training, checkpoints):
    for step in (10, 15, 20):
        checkpoints.save(training, step, {})
    assert names(checkpoints) == ["step-00000010.npz", "step-00000015.npz", "step-00000020.npz"]
    assert checkpoints.describe()["step"] == 20


def test_a_failing_write_leaves_the_older_checkpoints_and_nothing_else(training, checkpoints, monkeypatch):
    def full_disk(path, **arrays):
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = checkpoints.paths()[0].read_bytes()
    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(FaceganError, match="No space left"):
        checkpoints.save(training, 6, {})
    assert names(checkpoints) == ["step-00000005.npz"]
    assert checkpoints.paths()[0].read_bytes() == before


def test_weights_that_are_not_finite_are_not_written(training, checkpoints):
    variable = training.trainable_variables[0]
    before = ops.convert_to_numpy(variable).copy()
    variable.assign(np.full(variable.shape, np.nan, "float32"))
    with pytest.raises(FaceganError, match="after step 6 are not finite"):
        checkpoints.save(training, 6, {})
    variable.assign(before)
    assert names(checkpoints) == ["step-00000005.npz"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-2000],
        lambda content: content[:50],
        lambda content: b"",
        lambda content: b"no checkpoint",
        lambda content: content.replace(b"description", b"x"),
    ],
)
def test_a_damaged_checkpoint_is_said_to_be_one(training, checkpoints, damage):
    path = checkpoints.paths()[0]
    path.write_bytes(damage(path.read_bytes()))
    for read in (checkpoints.describe, lambda: checkpoints.restore(training)):
        with pytest.raises(FaceganError, match="remove it to resume from the one before"):
            read()


def test_flipped_bits_are_noticed(training, checkpoints):
    path = checkpoints.paths()[0]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(FaceganError, match="remove it"):
        checkpoints.restore(training)


@pytest.mark.parametrize("change", ["fewer", "shapes"])
def test_another_networks_checkpoint_is_refused(training, checkpoints, change):
    path = checkpoints.paths()[0]
    with np.load(path) as file:
        arrays = dict(file)
    if change == "fewer":
        del arrays["weight_0000"]
    else:
        arrays["weight_0000"] = arrays["weight_0000"][..., :1]
    np.savez(path, **arrays)
    with pytest.raises(FaceganError, match="belongs to other networks"):
        checkpoints.restore(training)


def test_without_a_checkpoint_it_says_so(training, tmp_path):
    with pytest.raises(FaceganError, match="has no checkpoint to resume from"):
        Checkpoints(tmp_path / "nothing").restore(training)
