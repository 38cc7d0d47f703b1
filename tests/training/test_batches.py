"""Batches depend on seed and step, and on nothing that a run would have to remember."""

import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.training.batches import Batches, BatchSource, part_of

SIZE = 10
ATTRIBUTES = Attributes()


class Numbered:
    """Faces whose pixels say which they are; the left half is marked."""

    def __init__(self, count=55, size=4):
        self.size = size
        self.faces = np.zeros((count, size, size, 3), "uint8")
        self.faces[...] = np.arange(count)[:, None, None, None]
        self.faces[:, :, :2] += 100
        self.columns = ATTRIBUTES.columns
        random = np.random.default_rng(0)
        self.labels = random.integers(0, 2, (count, 8)).astype("uint8")
        self.labels[:, 4:] = np.eye(5, 4)[random.integers(0, 5, count)]


FACES = Numbered()
IMAGES = np.arange(3, 55)  # 52 photos: five batches, two left over


def source(preset, seed=0, images=IMAGES):
    return BatchSource(FACES, images, ATTRIBUTES, preset, SIZE, seed)


def batch(preset, seed=0, step=0):
    return source(preset, seed).at(step)


def shown(batch):
    """The numbers of a batch's photos."""
    return batch["images"][:, 0].min(axis=(1, 2))


@pytest.fixture(scope="module")
def paper(small_preset):
    return small_preset("paper")


def test_seed_and_step_decide(paper):
    first, again = batch(paper, 3, 7), batch(paper, 3, 7)
    assert all((first[name] == again[name]).all() for name in first)
    for other in (batch(paper, 4, 7), batch(paper, 3, 8)):
        for name in ("images", "targets", "noise", "mixing"):
            assert (first[name] != other[name]).any()


def test_a_stream_can_start_at_any_step(paper):
    whole = Batches(source(paper), 0, 12)
    rest = Batches(source(paper), 8, 12)
    assert (len(whole), len(rest)) == (12, 4)
    for index in range(4):
        (a,), (b,) = whole[8 + index], rest[index]
        assert all((a[name] == b[name]).all() for name in a)


def test_the_parts_of_several_hosts_are_the_batch(small_preset, drawn_faces):
    preset = small_preset("celeba128", eyes_of_others=1.0, drawn_glasses=1.0)
    source = BatchSource(drawn_faces, drawn_faces.part("train"), ATTRIBUTES, preset, 40, 0)
    whole = source.at(3)
    assert (whole["images"] != whole["references"]).any()
    parts = [source.at(3, part_of(40, index, 5)) for index in range(5)]
    for name, array in whole.items():
        assert all(len(part[name]) == 8 for part in parts)
        assert (np.concatenate([part[name] for part in parts]) == array).all()


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
        "references": (np.uint8, (SIZE, 4, 4, 3)),
        "labels": (np.float32, (SIZE, 8)),
        "targets": (np.float32, (SIZE, 8)),
        "noise": (np.float32, (SIZE, paper.noise_size)),
        "mixing": (np.float32, (SIZE, 1, 1, 1)),
        "drawn_on": (np.float32, (SIZE, 1, 1, 1)),
    }
    assert 0 <= made["mixing"].min() and made["mixing"].max() < 1


def test_half_of_the_photos_are_mirrored_where_the_preset_says_so(small_preset):
    mirrored = [batch(small_preset("paper", mirror=True), step=step)["images"] for step in range(40)]
    turned = np.concatenate([images[:, 0, 0, 0] < images[:, 0, 3, 0] for images in mirrored])
    assert turned.mean() == pytest.approx(0.5, abs=0.1)
    plain = batch(small_preset("paper", mirror=False))["images"]
    assert (plain[:, 0, 0, 0] > plain[:, 0, 3, 0]).all()
    assert FACES.faces[0, 0, 0, 0] == 100  # the data set itself stays as it is


def test_photos_are_moved_by_whole_pixels_within_the_presets_share(small_preset):
    """Every way equally often; the border goes on where nothing was."""
    faces = Numbered(size=64)
    faces.faces[:] = 0
    faces.faces[:, 20, 30] = 255
    faces.faces[:, 0] = 9
    made = [BatchSource(faces, IMAGES, ATTRIBUTES, small_preset("paper", shift=1 / 32), SIZE, 0).at(step)["images"] for step in range(60)]
    found = set()
    for image in np.concatenate(made):
        ((y, x),) = np.argwhere(image[..., 0] == 255)
        found.add((y - 20, x - 30))
        assert (image[: max(0, y - 20) + 1] == 9).all() == (y >= 20)
    assert found == {(down, right) for down in range(-2, 3) for right in range(-2, 3)}


def test_balanced_batches_change_every_value_of_every_attribute_equally_often(small_preset):
    """As many faces lose glasses as get them, though hardly anyone wears some."""
    faces, images = Numbered(150), np.arange(150)
    faces.labels[:, 2] = images % 20 == 0
    made = BatchSource(faces, images, ATTRIBUTES, small_preset("paper", balanced=True), 6000, 0).at(0)
    assert (faces.labels[shown(made)] == made["labels"]).all()
    before, after = (ATTRIBUTES.value_indexes(made[name]) for name in ("labels", "targets"))
    for place, item in enumerate(ATTRIBUTES.items):
        changed = before[:, place] != after[:, place]
        # A fifth of the faces are drawn for this attribute; half of all faces have a second change.
        assert changed.mean() == pytest.approx(0.2 + 0.8 * 0.5 / 4, abs=0.02)
        for value in range(len(item.values)):
            drawn_for, as_it_comes = 1 / len(item.values), (before[:, place] == value).mean()
            expected = (2 * drawn_for + as_it_comes) / 3
            assert (before[changed, place] == value).mean() == pytest.approx(expected, abs=0.04)


def test_without_balance_what_is_rare_is_hardly_ever_taken_away(small_preset):
    faces, images = Numbered(150), np.arange(150)
    faces.labels[:, 2] = images % 20 == 0
    made = BatchSource(faces, images, ATTRIBUTES, small_preset("paper"), 150, 0).at(0)
    changed = made["labels"][:, 2] != made["targets"][:, 2]
    assert made["labels"][changed, 2].mean() < 0.15


@pytest.fixture(scope="module")
def eyes_of_others(small_preset, drawn_faces):
    """A large batch in which all photos that are drawn for glasses give their eyes away; and whose faces these then are."""
    preset = small_preset("celeba128", eyes_of_others=1.0, drawn_glasses=0.0, mirror=False, shift=0.0)
    made = BatchSource(drawn_faces, drawn_faces.part("train"), ATTRIBUTES, preset, 600, 0).at(0)
    # Below the eyes nothing is another's.
    known = {face[20:].tobytes(): index for index, face in enumerate(drawn_faces.faces)}
    owners = np.array([known[image[20:].tobytes()] for image in made["images"]])
    given = (made["images"] != drawn_faces.faces[owners]).any(axis=(1, 2, 3))
    return made, owners, given


def test_photos_drawn_for_glasses_give_their_eyes_to_plain_faces(eyes_of_others, drawn_faces):
    made, owners, given = eyes_of_others
    labels = ATTRIBUTES.select(drawn_faces.labels, drawn_faces.columns)[owners]
    glasses = ATTRIBUTES.columns.index("Eyeglasses")
    assert given.mean() == pytest.approx(0.2, abs=0.04)
    assert (labels[given, glasses] == 0).all()
    # Half of those drawn wear some, and what the rest is like is the face's own.
    assert made["labels"][given, glasses].mean() == pytest.approx(0.5, abs=0.1)
    assert (made["targets"][given, glasses] != made["labels"][given, glasses]).all()
    others = np.arange(len(ATTRIBUTES)) != glasses
    assert (made["labels"][:, others] == labels[:, others]).all()
    assert (made["labels"][~given] == labels[~given]).all()


def test_where_glasses_were_laid_on_the_photo_without_them_is_what_the_editor_shall_make(eyes_of_others, drawn_faces):
    made, owners, given = eyes_of_others
    wears = made["labels"][:, ATTRIBUTES.columns.index("Eyeglasses")] == 1
    laid_on = given & wears
    assert (made["references"][laid_on] == drawn_faces.faces[owners[laid_on]]).all()
    assert (made["references"][~laid_on] == made["images"][~laid_on]).all()


def test_without_attributes_of_the_eyes_all_eyes_are_their_own(small_preset, drawn_faces):
    preset = small_preset("celeba128", eyes_of_others=1.0, drawn_glasses=1.0)
    made = BatchSource(drawn_faces, drawn_faces.part("train"), Attributes(["gender", "age"]), preset, 100, 0).at(0)
    assert (made["images"] == made["references"]).all()


def test_of_photos_drawn_for_their_glasses_a_share_is_a_plain_face_that_some_are_drawn_on(small_preset, drawn_faces):
    preset = small_preset("celeba128", eyes_of_others=0.0, drawn_glasses=0.5, mirror=False, shift=0.0)
    made = BatchSource(drawn_faces, drawn_faces.part("train"), ATTRIBUTES, preset, 1200, 0).at(0)
    on = made["drawn_on"].ravel() == 1
    # A fifth is drawn for glasses, half of them for wearing some.
    assert on.mean() == pytest.approx(0.2 * 0.5 * 0.5, abs=0.02)
    known = {face.tobytes(): row for face, row in zip(drawn_faces.faces, ATTRIBUTES.select(drawn_faces.labels, drawn_faces.columns))}
    glasses = ATTRIBUTES.columns.index("Eyeglasses")
    off = made["targets"][:, glasses] == 0
    assert off[on].all() and (made["labels"][on, glasses] == 1).all()
    for image, reference, row in zip(made["images"][on], made["references"][on], made["labels"][on]):
        plain = known[reference.tobytes()].copy()
        assert plain[glasses] == 0 and image.tobytes() not in known
        plain[glasses] = 1
        assert (plain == row).all()
    assert (made["images"][~on] == made["references"][~on]).all()
    assert all((known[image.tobytes()] == row).all() for image, row in zip(made["images"][~on], made["labels"][~on]))


@pytest.mark.parametrize("preset", ["paper", "tiny"])
def test_a_preset_that_does_not_ask_for_it_leaves_all_eyes_alone(small_preset, drawn_faces, preset):
    made = BatchSource(drawn_faces, drawn_faces.part("train"), ATTRIBUTES, small_preset(preset), 100, 0).at(0)
    assert (made["images"] == made["references"]).all()
