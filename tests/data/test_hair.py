"""Faces in the hair of others: inside still themselves, outside the other, and only people who are alike share hair."""

import numpy as np
import pytest

from facegan.attributes import CELEBA_COLUMNS, HAIR_COLUMNS
from facegan.data.drawn import draw, face_at
from facegan.data.hair import AROUND_COLUMNS, HairDonors, with_hair_of

SIZE = 64


def flat(value):
    return np.full((SIZE, SIZE, 3), value, "uint8")


def test_what_surrounds_the_face_is_the_others_and_the_face_its_own():
    face, other = (np.asarray(draw(face_at(0, index), SIZE)) for index in (1, 2))
    for seed in range(20):
        made = with_hair_of(face, other, np.random.default_rng(seed))
        own = (made != other).any(axis=2)
        assert own[29:50, 26:38].mean() > 0.9
        # The hair above, beside and below, the background.
        assert not own[:14].any() and not own[:, :14].any() and not own[:, 50:].any()
    assert np.array_equal(with_hair_of(face, face, np.random.default_rng(0)), face)


def test_the_face_takes_on_most_of_the_others_light_but_keeps_its_features():
    face = flat(60)
    face[36:40, 28:36] = 20
    made = [with_hair_of(face, flat(160), np.random.default_rng(seed)) for seed in range(50)]
    cheeks = np.array([picture[32, 32, 0] for picture in made])
    assert cheeks.min() >= 60 + 0.6 * 100 - 1 and cheeks.max() <= 160 and np.ptp(cheeks) > 20
    assert all(picture[32, 32, 0] - int(picture[38, 32, 0]) == pytest.approx(40, abs=1) for picture in made)


def test_cuts_differ_and_the_seed_decides():
    sizes = {(with_hair_of(flat(60), flat(160), np.random.default_rng(seed)) != 160).sum() for seed in range(10)}
    assert len(sizes) > 5
    again = [with_hair_of(flat(60), flat(160), np.random.default_rng(3)) for _ in range(2)]
    assert np.array_equal(*again)


def test_people_of_the_same_gender_and_skin_share_hair_and_rare_colours_come_as_often():
    columns = ("Male", "Pale_Skin", "Young", "Black_Hair", "Gray_Hair")
    random = np.random.default_rng(0)
    labels = random.integers(0, 2, (600, 5)).astype("uint8")
    labels[:, 4] = (1 - labels[:, 3]) * (random.random(600) < 0.05)
    donors = HairDonors(labels, columns)
    given = [(row, labels[donors.draw(row, random)]) for row in labels for _ in range(10)]
    assert all((row[:2] == other[:2]).all() for row, other in given)
    # Black, gray or none of both; and the old no oftener than the young.
    assert np.mean([other[4] for _, other in given]) == pytest.approx(1 / 3, abs=0.03) and labels[:, 4].mean() < 0.05
    assert np.mean([row[2] == other[2] for row, other in given]) == pytest.approx(0.5, abs=0.05)
    assert HairDonors(labels[labels[:, 0] == 1], columns).draw(np.zeros(5), random) is None


def test_what_goes_with_hair_is_what_surrounds_the_face():
    labels = np.zeros((1, len(CELEBA_COLUMNS)), "uint8")
    around = HairDonors(labels, CELEBA_COLUMNS).around
    assert set(np.array(CELEBA_COLUMNS)[around]) == set(AROUND_COLUMNS) > set(HAIR_COLUMNS)
    assert not {"Young", "Male", "Eyeglasses", "Pale_Skin", "Smiling"} & set(AROUND_COLUMNS)
    assert not HairDonors(labels[:, :2], ("Bald", "Smiling")).around.any()
