import numpy as np
import pytest

from facegan.errors import FaceganError
from facegan.evaluation import distances


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_kernel_distance_is_the_sum_over_pairs(random):
    a, b = random.normal(size=(4, 3)), random.normal(0.5, 1, size=(5, 3))

    def kernel(x, y):
        return (np.dot(x, y) / 3 + 1) ** 3

    def within(s):
        return np.mean([kernel(s[i], s[j]) for i in range(len(s)) for j in range(len(s)) if i != j])

    across = np.mean([kernel(x, y) for x in a for y in b])
    assert distances.kernel_distance(a, b) == pytest.approx(within(a) + within(b) - 2 * across)


def test_kernel_distance_is_unbiased_and_sees_a_difference(random):
    """On average 0 for two samples of the same distribution, however small they are."""
    same = [distances.kernel_distance(*random.normal(size=(2, 20, 4))) for _ in range(400)]
    assert abs(np.mean(same)) < 3 * np.std(same) / 20
    assert distances.kernel_distance(random.normal(size=(50, 4)), random.normal(1, 1, (50, 4))) > 0.5


def test_frechet_distance_is_the_formula(random):
    a, b = random.normal(size=(50, 4)), random.normal(1, 2, size=(60, 4)) @ random.normal(size=(4, 4))
    c, d = np.cov(a.T), np.cov(b.T)
    root = np.sqrt(np.linalg.eigvals(c @ d).astype(complex)).sum().real
    expected = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(c) + np.trace(d) - 2 * root
    assert distances.frechet_distance(a, b) == pytest.approx(expected)
    assert distances.frechet_distance(a, a) == pytest.approx(0, abs=1e-9)


def test_pairwise_difference_is_over_all_pairs(random):
    images = random.integers(0, 256, (4, 2, 2, 3), "uint8")
    pairs = [np.abs(a.astype(int) - b).mean() for i, a in enumerate(images) for b in images[i + 1 :]]
    assert distances.pairwise_difference(images) == pytest.approx(np.mean(pairs))


def test_the_most_similar_faces_are_found_among_those_to_search(random, monkeypatch):
    monkeypatch.setattr(distances, "_CHUNK", 7)
    faces = random.integers(0, 256, (40, 32, 32, 3), "uint8")
    among = np.arange(0, 40, 2)
    noisy = np.clip(faces[[38, 4, 0]] + random.normal(0, 3, (3, 32, 32, 3)), 0, 255).astype("uint8")
    found = distances.nearest(noisy, faces, among, 5)
    assert found.shape == (3, 5) and found[:, 0].tolist() == [38, 4, 0] and set(found.ravel()) <= set(among)
    assert distances.nearest(faces[[3]], faces, among, 1)[0, 0] != 3


def test_features_are_scaled_alike(random):
    a, b = random.normal(size=(5, 3)), random.normal(2, 3, size=(6, 3))
    scaled_a, scaled_b = distances.standardise(a, b)
    assert np.mean(scaled_b**2) == pytest.approx(1)
    assert scaled_a / a == pytest.approx(np.full((5, 3), scaled_b[0, 0] / b[0, 0]))


def test_pairwise_distances_are_euclidean(random):
    a, b = random.normal(size=(4, 3)), random.normal(size=(5, 3))
    expected = [[np.linalg.norm(x - y) for y in b] for x in a]
    assert distances.pairwise_distances(a, b) == pytest.approx(np.array(expected))


def test_inception_looks_at_each_picture_by_itself(random):
    import keras

    keras.utils.set_random_seed(0)
    images = random.integers(0, 256, (2, 32, 32, 3), "uint8")
    together = distances.inception_features(images, weights=None)
    keras.utils.set_random_seed(0)
    assert together.shape == (2, 2048)
    assert distances.inception_features(images[1:], weights=None)[0] == pytest.approx(together[1], rel=1e-3, abs=1e-5)


def test_without_inceptions_weights_it_says_so():
    with pytest.raises(FaceganError, match="cannot load the weights of InceptionV3"):
        distances.inception_features(np.zeros((1, 32, 32, 3), "uint8"), weights="nowhere.h5")
