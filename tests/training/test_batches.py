"""Batches depend on seed and step, and on nothing that a run would have to remember."""

import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.data.prepared import PreparedFaces
from facegan.models.fitting import NumberedBatches
from facegan.training.batches import BatchSource, host_rows

SIZE = 10
ATTRIBUTES = Attributes()


class Numbered:
    """Faces whose pixels are their number; the left half is marked."""

    def __init__(self, count=55, size=4):
        self.size = size
        self.faces = np.zeros((count, size, size, 3), "uint8")
        self.faces[...] = np.arange(count)[:, None, None, None]
        self.faces[:, :, :2] += 100
        self.columns = ATTRIBUTES.columns
        random = np.random.default_rng(0)
        self.labels = random.integers(0, 2, (count, 8)).astype("uint8")
        self.labels[:, 4:] = np.eye(5, 4)[random.integers(0, 5, count)]
        self.known = np.ones((count, 8), bool)

    known_of = PreparedFaces.known_of


FACES = Numbered()
IMAGES = np.arange(3, 55)  # 52 photos: five batches, two left over


def source(recipe, seed=0, images=IMAGES, faces=FACES, size=SIZE):
    return BatchSource(faces, images, ATTRIBUTES, recipe, size, seed)


def batch(recipe, seed=0, step=0):
    return source(recipe, seed).at(step)


def shown(batch):
    """The numbers of a batch's photos, mirrored or not."""
    return batch["images"][:, 0].min(axis=(1, 2))


@pytest.fixture(scope="module")
def paper(small_recipe):
    return small_recipe("paper")


def test_seed_and_step_decide(paper):
    first, again = batch(paper, 3, 7), batch(paper, 3, 7)
    assert all((first[name] == again[name]).all() for name in first)
    for other in (batch(paper, 4, 7), batch(paper, 3, 8)):
        for name in ("images", "targets", "noise", "mixing"):
            assert (first[name] != other[name]).any()


def test_a_stream_can_start_at_any_step(paper):
    whole, rest = (NumberedBatches(source(paper).at, steps) for steps in (range(12), range(8, 12)))
    assert (len(whole), len(rest)) == (12, 4)
    for index in range(4):
        a, b = whole[8 + index], rest[index]
        assert all((a[name] == b[name]).all() for name in a)


def test_the_shares_of_several_hosts_are_the_batch(small_recipe, drawn_faces):
    source = BatchSource(drawn_faces, drawn_faces.split("train"), ATTRIBUTES, small_recipe("celeba128"), 40, 0)
    whole = source.at(3)
    shares = [source.at(3, host_rows(40, index, 5)) for index in range(5)]
    for name, array in whole.items():
        assert all(len(share[name]) == 8 for share in shares)
        assert (np.concatenate([share[name] for share in shares]) == array).all()


def test_an_epoch_shows_every_photo_at_most_once_and_no_other(paper):
    for epoch in range(3):
        photos = np.concatenate([shown(batch(paper, step=5 * epoch + step)) for step in range(5)])
        assert len(set(photos)) == len(photos) == 50
        assert set(photos) <= set(IMAGES)


def test_an_epoch_without_a_remainder_shows_every_photo(paper):
    photos = [shown(source(paper, images=IMAGES[:50]).at(step)) for step in range(5, 10)]
    assert sorted(np.concatenate(photos)) == IMAGES[:50].tolist()


def test_epochs_are_in_different_order(paper):
    assert set(shown(batch(paper, step=0))) != set(shown(batch(paper, step=5)))


def test_labels_are_those_of_the_photos_and_targets_are_not(paper):
    for step in range(20):
        made = batch(paper, step=step)
        assert (made["labels"] == FACES.labels[shown(made)]).all()
        assert (made["targets"] != made["labels"]).any(axis=1).all()
        assert made["targets"][:, 4:].sum(axis=1).max() <= 1


def test_shapes_and_formats(paper):
    made = batch(paper)
    formats = {name: (array.dtype, array.shape) for name, array in made.items()}
    assert formats == {
        "images": (np.uint8, (SIZE, 4, 4, 3)),
        "labels": (np.float32, (SIZE, 8)),
        "known": (np.float32, (SIZE, 8)),
        "targets": (np.float32, (SIZE, 8)),
        "noise": (np.float32, (SIZE, paper.networks.generator.noise_size)),
        "mixing": (np.float32, (SIZE, 1, 1, 1)),
    }
    assert made["mixing"].min() >= 0 and made["mixing"].max() < 1


def test_half_of_the_photos_are_mirrored_where_the_recipe_says_so(small_recipe):
    mirrored = small_recipe("paper", {"sampling.mirror": True})
    images = np.concatenate([batch(mirrored, step=step)["images"] for step in range(40)])
    assert (images[:, 0, 0, 0] < images[:, 0, 3, 0]).mean() == pytest.approx(0.5, abs=0.1)
    plain = batch(small_recipe("paper"))["images"]
    assert (plain[:, 0, 0, 0] > plain[:, 0, 3, 0]).all()
    assert FACES.faces[0, 0, 0, 0] == 100  # the data set itself stays as it is


@pytest.fixture(scope="module")
def balanced(small_recipe):
    return small_recipe("paper", {"sampling.balanced": True})


def with_rare_glasses():
    faces = Numbered(150)
    faces.labels[:, 2] = np.arange(150) % 20 == 0
    return faces


def test_balanced_batches_change_every_value_of_every_attribute_equally_often(balanced):
    """As many faces lose glasses as get them, though hardly anyone wears some."""
    faces = with_rare_glasses()
    made = source(balanced, images=np.arange(150), faces=faces, size=6000).at(0)
    assert (faces.labels[shown(made)] == made["labels"]).all()
    before, after = (ATTRIBUTES.value_indexes(made[name]) for name in ("labels", "targets"))
    for place, item in enumerate(ATTRIBUTES.items):
        changed = before[:, place] != after[:, place]
        # A fifth of the faces are drawn for this attribute; half of all faces have a second change.
        assert changed.mean() == pytest.approx(0.2 + 0.8 * 0.5 / 4, abs=0.02)
        for value in range(len(item.values)):
            drawn_for = 1 / len(item.values)
            # Among the faces that are drawn for another attribute.
            as_it_comes = ((before[:, place] == value).mean() - 0.2 * drawn_for) / 0.8
            expected = (2 * drawn_for + as_it_comes) / 3
            assert (before[changed, place] == value).mean() == pytest.approx(expected, abs=0.04)


def test_without_balance_what_is_rare_is_hardly_ever_removed(paper):
    made = source(paper, images=np.arange(150), faces=with_rare_glasses(), size=150).at(0)
    changed = made["labels"][:, 2] != made["targets"][:, 2]
    assert made["labels"][changed, 2].mean() < 0.15


def test_known_labels_are_those_of_the_photos(paper):
    faces = Numbered()
    faces.known = np.random.default_rng(1).random(faces.known.shape) < 0.5
    made = source(paper, faces=faces).at(0)
    assert (made["known"] == faces.known[shown(made)]).all()


def test_an_unknown_label_is_never_drawn_as_a_value(balanced):
    """Balanced sampling draws photos for their glasses, or for having none, only where that is known."""
    faces, images = Numbered(150), np.arange(150)
    faces.known[:, 2] = images < 20
    faces.labels[:, 2] = (images < 5) & faces.known[:, 2]
    made = source(balanced, images=images, faces=faces, size=4000).at(0)
    numbers = shown(made)
    wears, bare, unknown = numbers < 5, (numbers >= 5) & (numbers < 20), numbers >= 20
    # A tenth is drawn for glasses and a tenth for none; the rest comes evenly from all 150.
    assert wears.mean() == pytest.approx(0.1 + 0.8 * 5 / 150, abs=0.03)
    assert bare.mean() == pytest.approx(0.1 + 0.8 * 15 / 150, abs=0.03)
    assert unknown.mean() == pytest.approx(0.8 * 130 / 150, abs=0.03)
    # With one hair colour unknown, so is the value of the hair.
    faces.known[:, 4] = images < 20
    having = source(balanced, images=images, faces=faces)._having
    assert all(place < 20 for places in having[-1] for place in places)


def test_half_of_the_edits_change_a_new_attribute(balanced):
    faces = Numbered(3000)
    made = BatchSource(faces, np.arange(3000), ATTRIBUTES, balanced, 4000, 0, ["glasses", "skin"]).at(0)
    before, after = (ATTRIBUTES.value_indexes(made[name]) for name in ("labels", "targets"))
    shares = dict(zip(ATTRIBUTES.names, (before != after).mean(axis=0), strict=True))
    # The first change has these shares; half of the edits have a second one, of any other attribute.
    first = {"glasses": 1 / 4, "skin": 1 / 4, "gender": 1 / 6, "age": 1 / 6, "hair": 1 / 6}
    assert shares == pytest.approx({name: share + (1 - share) / 8 for name, share in first.items()}, abs=0.03)
