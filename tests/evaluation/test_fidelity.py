import numpy as np
import pytest

from facegan.attributes import Attributes
from facegan.evaluation.fidelity import HIGHEST_PSNR, mean_change_outside, psnr, ssim
from facegan.regions import EYES, WHOLE


@pytest.fixture
def pair():
    random = np.random.default_rng(0)
    before = random.integers(0, 256, (3, 16, 16, 3), "uint8")
    return before, np.clip(before + random.normal(0, 20, before.shape), 0, 255).astype("uint8")


def test_psnr_is_the_formula(pair):
    for before, after, found in zip(*pair, psnr(*pair), strict=True):
        error = sum((int(a) - int(b)) ** 2 for a, b in zip(before.ravel(), after.ravel(), strict=True)) / before.size
        assert found == pytest.approx(10 * np.log10(255**2 / error))


def test_psnr_of_what_did_not_change_is_finite(pair):
    assert psnr(pair[0], pair[0]).tolist() == [HIGHEST_PSNR] * 3


def ssim_by_hand(x, y):
    """Pixel by pixel, from the definition: weighted means, variances and covariance of each window."""
    weights = np.array([[np.exp(-(i**2 + j**2) / (2 * 1.5**2)) for j in range(-5, 6)] for i in range(-5, 6)])
    weights /= weights.sum()
    values = []
    for colour in range(3):
        for top in range(x.shape[0] - 10):
            for left in range(x.shape[1] - 10):
                a, b = (
                    picture[top : top + 11, left : left + 11, colour].astype(float) for picture in (x, y)
                )  # fmt: skip
                mean_a, mean_b = np.sum(weights * a), np.sum(weights * b)

                def spread(p, q):
                    return np.sum(weights * p * q)

                da, db = a - mean_a, b - mean_b
                luminance = (2 * mean_a * mean_b + 2.55**2) / (mean_a**2 + mean_b**2 + 2.55**2)
                structure = (2 * spread(da, db) + 7.65**2) / (spread(da, da) + spread(db, db) + 7.65**2)
                values.append(luminance * structure)
    return np.mean(values)


def test_ssim_is_the_definition(pair):
    found = ssim(*pair)
    assert found == pytest.approx([ssim_by_hand(x, y) for x, y in zip(*pair, strict=True)], abs=1e-9)
    assert ssim(pair[0], pair[0]) == pytest.approx(1)


def test_only_changes_outside_count():
    before = np.zeros((2, 20, 20, 3), "uint8")
    after = before.copy()
    inside = EYES.mask(20)
    after[0, inside] = 200
    after[1, ~inside] = 10
    assert mean_change_outside(before, after, inside).tolist() == [0, 10]
    assert np.isnan(mean_change_outside(before, after, WHOLE.mask(20))).all()


@pytest.mark.parametrize("attribute", ["glasses", "hair", "skin"])
def test_regions_are_where_drawn_faces_differ(attribute):
    """Nearly all that the pencil changes with an attribute lies inside the attribute's region."""
    from dataclasses import replace

    from facegan.data.drawn import draw, face_at

    other = {"glasses": "1", "hair": "black", "skin": "1"}[attribute]
    inside = Attributes().find(attribute).region.mask(64)
    changed, within = 0, 0
    for index in range(30):
        face = face_at(0, index)
        pictures = [np.asarray(draw(each, 64), int) for each in (face, replace(face, **{attribute: other}))]
        difference = np.abs(pictures[0] - pictures[1]).sum(axis=-1)
        changed, within = changed + difference.sum(), within + difference[inside].sum()
    assert within > 0.9 * changed
    assert inside.mean() < 0.8
