"""Checkpoints: whole or not at all, the newest three, and clear errors about what cannot be read."""

import errno
import io
import json
from operator import attrgetter

import keras
import numpy as np
import pytest
from keras import ops

from facegan.errors import FaceganError
from facegan.training.beginning import Beginning
from facegan.training.checkpoints import Checkpoints, Phase, check_finite, variables_of

pytestmark = pytest.mark.parametrize("step", ["tiny"], indirect=True)


@pytest.fixture
def training(step):
    return step.training


@pytest.fixture
def phase(training):
    return Phase("step", training, variables_of(training))


DESCRIPTION = {
    "images": 80,
    "data": {"splits": {"train": 80}, "source": {"name": "drawn faces", "terms": "none"}},
    "settings": {"recipe": {}, "attributes": ["glasses"], "precision": "float32", "seed": 1},
    "history": [],
    "current": {"steps": 0, "seconds": 0.0, "sums": {}},
    **Beginning(0, ()).to_dict(),
}


@pytest.fixture
def checkpoints(phase, tmp_path):
    checkpoints = Checkpoints(tmp_path / "checkpoints")
    checkpoints.save(phase, 5, DESCRIPTION)
    return checkpoints


@pytest.fixture
def two(training, phase, checkpoints):
    """With a second checkpoint, of other weights, which the networks then have."""
    before = [ops.convert_to_numpy(variable).copy() for variable in training.trainable_variables]
    for variable in training.trainable_variables:
        variable.assign(variable + 1)
    checkpoints.save(phase, 10, DESCRIPTION)
    yield checkpoints
    for variable, value in zip(training.trainable_variables, before):
        variable.assign(value)


def first_weight(training):
    return ops.convert_to_numpy(training.trainable_variables[0]).copy()


def names(checkpoints):
    return sorted(path.name for path in checkpoints.folder.iterdir())


def test_a_checkpoint_brings_everything_back(phase, training, checkpoints):
    variables = training.trainable_variables + training.optimizer.variables
    before = [ops.convert_to_numpy(variable).copy() for variable in variables]
    for variable in variables:
        variable.assign(variable + 1)
    checkpoints.restore([phase])
    for variable, value in zip(variables, before):
        assert (ops.convert_to_numpy(variable) == value).all()
    assert checkpoints.describe() == {**DESCRIPTION, "step": 5, "backend": keras.backend.backend()}


def test_a_checkpoint_has_no_pickled_objects(checkpoints):
    with np.load(checkpoints.paths()[-1], allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


def test_the_newest_three_are_kept(phase, checkpoints):
    for step in (10, 15, 20):
        checkpoints.save(phase, step, DESCRIPTION)
    assert names(checkpoints) == ["step-00000010.npz", "step-00000015.npz", "step-00000020.npz"]
    assert checkpoints.describe()["step"] == 20


def test_a_failing_write_leaves_the_older_checkpoints_and_nothing_else(phase, checkpoints, monkeypatch):
    def full_disk(path, **arrays):
        path.write_bytes(b"half of it")
        raise OSError(errno.ENOSPC, "No space left on device")

    before = checkpoints.paths()[0].read_bytes()
    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(FaceganError, match="No space left"):
        checkpoints.save(phase, 6, DESCRIPTION)
    assert names(checkpoints) == ["step-00000005.npz"]
    assert checkpoints.paths()[0].read_bytes() == before


@pytest.mark.parametrize("variables", ["trainable_variables", "optimizer.variables"])
def test_weights_that_are_not_finite_are_refused(phase, training, variables):
    check_finite(phase, 6)
    variable = attrgetter(variables)(training)[-1]
    before = ops.convert_to_numpy(variable).copy()
    variable.assign(np.full(variable.shape, np.nan, "float32"))
    with pytest.raises(FaceganError, match="after step 6 are not finite"):
        check_finite(phase, 6)
    variable.assign(before)


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 255]) + content[middle + 1 :]


def described(content, change):
    """The checkpoint with another description."""
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    arrays["description"] = np.array(change(json.loads(str(arrays["description"]))))
    np.savez(out := io.BytesIO(), **arrays)
    return out.getvalue()


def fewer(arrays):
    del arrays["weight_0000"]


def shapes(arrays):
    arrays["weight_0000"] = arrays["weight_0000"][..., :1]


def with_arrays(content, change):
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    change(arrays)
    np.savez(out := io.BytesIO(), **arrays)
    return out.getvalue()


UNREADABLE = {
    "the end is missing": lambda content: content[:-2000],
    "most is missing": lambda content: content[:50],
    "empty": lambda content: b"",
    "text": lambda content: b"no checkpoint",
    "without a description": lambda content: content.replace(b"description", b"x"),
    "described by null": lambda content: described(content, lambda old: "null"),
    "described by a number": lambda content: described(content, lambda old: 7),
    "described by a list": lambda content: described(content, lambda old: json.dumps([old])),
    "described by no JSON": lambda content: described(content, lambda old: "{"),
    "described too deeply": lambda content: described(content, lambda old: "[" * 100_000),
    "without settings": lambda content: described(content, lambda old: json.dumps({**old, "settings": None})),
    "settings of nothing": lambda content: described(content, lambda old: json.dumps({**old, "settings": {}})),
    "a step in words": lambda content: described(content, lambda old: json.dumps({**old, "step": "ten"})),
    "a step before the first": lambda content: described(content, lambda old: json.dumps({**old, "step": -1})),
    "settings of another version": lambda content: described(
        content, lambda old: json.dumps({**old, "settings": {**old["settings"], "optimizer": "SGD"}})
    ),
    "losses that are not numbers": lambda content: described(
        content, lambda old: json.dumps({**old, "current": {**old["current"], "sums": {"editor": float("nan")}}})
    ),
}
DAMAGED = {
    **UNREADABLE,
    "flipped bits": flipped,
    "fewer arrays": lambda content: with_arrays(content, fewer),
    "other shapes": lambda content: with_arrays(content, shapes),
}


def damage(path, how):
    path.write_bytes(DAMAGED[how](path.read_bytes()))


@pytest.mark.parametrize("how", DAMAGED)
def test_the_checkpoint_before_a_damaged_one_is_used_and_that_is_said(phase, training, two, how, caplog):
    damage(two.paths()[-1], how)
    assert two.restore([phase])["step"] == 5
    with np.load(two.paths()[0]) as file:
        assert (first_weight(training) == file["weight_0000"]).all()
    told = caplog.text
    assert told.count("step-00000010.npz") == 1 and "resuming from step-00000005.npz" in told
    if how in UNREADABLE:
        assert two.describe()["step"] == 5
    # What comes after it makes room.
    two.save(phase, 6, DESCRIPTION)
    assert names(two) == ["step-00000005.npz", "step-00000006.npz"]


@pytest.mark.parametrize("how", ["text", "flipped bits", "other shapes"])
def test_where_all_are_damaged_nothing_changes_and_the_error_says_what_to_do(phase, training, two, how):
    before = first_weight(training)
    for path in two.paths():
        damage(path, how)
    with pytest.raises(FaceganError, match="step-00000010.npz .* start a new run in another --out"):
        two.restore([phase])
    assert (first_weight(training) == before).all()


def test_a_whole_checkpoint_is_used_without_a_word(phase, two, caplog):
    assert two.restore([phase])["step"] == 10 and not caplog.records


def test_without_a_checkpoint_it_says_so(phase, tmp_path):
    with pytest.raises(FaceganError, match="has no checkpoint to resume from"):
        Checkpoints(tmp_path / "nothing").restore([phase])
