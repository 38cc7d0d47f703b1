"""The division into training, validation and test faces."""

import numpy as np
import pytest

from facegan.data.split import split, split_rule


def shares(splits):
    return np.bincount(splits, minlength=3) / len(splits)


def test_pictures_are_split_8_1_1():
    splits = split(1000, None, None, seed=0)
    assert splits.dtype == np.uint8
    assert np.bincount(splits).tolist() == [800, 100, 100]


def test_nobody_is_in_two_parts_and_shares_hold():
    identities = np.random.default_rng(0).integers(0, 300, 6000) ** 2
    splits = split(6000, identities, None, seed=1)
    assert shares(splits) == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    for person in np.unique(identities):
        assert len(set(splits[identities == person])) == 1


@pytest.mark.parametrize("identities", [None, np.arange(500) // 5])
def test_seed_decides(identities):
    first = split(500, identities, None, seed=1)
    assert (first == split(500, identities, None, seed=1)).all()
    assert (first != split(500, identities, None, seed=2)).any()


def test_official_partition_counts():
    partition = np.array([2, 2, 0, 1, 0])
    assert split(5, np.arange(5), partition, seed=0).tolist() == partition.tolist()
    assert split_rule(np.arange(5), partition) == "the source's own"
    assert split_rule(np.arange(5), None) == "8:1:1 by identity"
    assert split_rule(None, None) == "8:1:1 by image"
