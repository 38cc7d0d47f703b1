"""What holds for every augmentation."""

import numpy as np
import pytest

from facegan.augment import Augmentation, augmentations_of

BATCH = {"images": np.random.default_rng(0).integers(0, 256, (20, 4, 4, 3), "uint8"), "labels": np.eye(20)}
KINDS = Augmentation.__subclasses__()


@pytest.mark.parametrize("kind", KINDS)
def test_seed_and_step_decide_and_the_batch_stays_as_it_is(kind):
    before = {name: array.copy() for name, array in BATCH.items()}
    one, again, other_seed, other_step = (kind()(BATCH, *numbers) for numbers in ((3, 7), (3, 7), (4, 7), (3, 8)))
    assert all((one[name] == again[name]).all() for name in one)
    for other in (other_seed, other_step):
        assert any((one[name] != other[name]).any() for name in one)
    assert all((BATCH[name] == array).all() for name, array in before.items())


def test_every_augmentation_has_a_stream_of_its_own():
    """0, 1 and 4 are those of the order of photos, of samples and of the attribute finder's photos."""
    streams = [0, 1, 4, *(kind.stream for kind in KINDS)]
    assert len(set(streams)) == len(streams)


def test_an_augmentation_changes_nothing_that_the_others_draw(small_recipe):
    recipes = [small_recipe("celeba128", {"sampling.mirror": mirror}) for mirror in (False, True)]
    plain, mirrored = map(augmentations_of, recipes)
    assert [type(each) for each in mirrored[1:]] == [type(each) for each in plain]
    assert augmentations_of(small_recipe("paper")) == ()
    first = mirrored[0](BATCH, 0, 0)
    assert (plain[0](BATCH, 0, 0)["augmentation"] == mirrored[1](first, 0, 0)["augmentation"]).all()
