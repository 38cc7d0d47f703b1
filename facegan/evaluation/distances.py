"""Distances between sets of features and between images."""

import numpy as np

from facegan.errors import FaceganError

INCEPTION_SIZE = 299
THUMBNAIL = 16
_CHUNK = 1024


def standardise(features: np.ndarray, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales two sets of features `(count, d)` by one factor, so that the root mean square of the second is 1.

    For small features, the kernel of `kernel_distance` is nearly linear and measures only differences of means.
    """
    scale = 1 / np.sqrt(np.mean(np.square(others)))
    return scale * features, scale * others


def kernel_distance(features: np.ndarray, others: np.ndarray) -> float:
    """Returns the kernel distance of KID (Bińkowski et al. 2018, equation 4), over all pairs at once.

    It is the unbiased estimate of the squared maximum mean discrepancy with the kernel `(x.y / d + 1)^3`.

    Args:
        features: `(count, d)`, at least two.
        others: `(other count, d)`, at least two.

    Returns:
        The distance; near 0, possibly negative, if both sets come from the same distribution.
    """

    def kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return (a @ b.T / a.shape[1] + 1) ** 3

    within = [(np.sum(k) - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(s, s) for s in (features, others))]
    return float(sum(within) - 2 * np.mean(kernel(features, others)))


def frechet_distance(features: np.ndarray, others: np.ndarray) -> float:
    """Returns the Fréchet distance between normal distributions fitted to two sets of features (Heusel et al. 2017).

    It is `|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))`, a number of 0 or more.

    Args:
        features: `(count, d)`.
        others: `(other count, d)`.
    """
    difference = features.mean(axis=0) - others.mean(axis=0)
    first, second = (np.cov(each, rowvar=False) for each in (features, others))
    # The root of C1 C2 has the same trace as the root of the symmetric matrix C1^(1/2) C2 C1^(1/2), which is stable.
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    trace = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    return float(max(0.0, difference @ difference + np.trace(first) + np.trace(second) - 2 * trace))


def pairwise_distances(points: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Returns the Euclidean distances `(count, other count)` between `(count, d)` and `(other count, d)`."""
    squares = np.square(points).sum(1)[:, None] + np.square(others).sum(1) - 2 * points @ others.T
    return np.sqrt(squares.clip(0))


def pairwise_difference(images: np.ndarray) -> float:
    """Returns the mean absolute difference, 0 to 255, between all pairs of images.

    Args:
        images: `(count, height, width, 3)` uint8, at least two.
    """
    flat = images.reshape(len(images), -1).astype("int16")
    sums = [np.abs(flat[index + 1 :] - face).mean(axis=1).sum() for index, face in enumerate(flat[:-1])]
    return float(np.sum(sums) / (len(flat) * (len(flat) - 1) / 2))


def inception_features(images: np.ndarray, weights: str = "imagenet") -> np.ndarray:
    """Returns the features of the ImageNet-trained InceptionV3 in `keras.applications`; Keras downloads 88 MB.

    Args:
        images: `(count, height, width, 3)` uint8.
        weights: as for `keras.applications`.

    Returns:
        `(count, 2048)` float64.

    Raises:
        FaceganError: the weights are not available.
    """
    import keras

    try:
        network = keras.applications.InceptionV3(include_top=False, pooling="avg", weights=weights)
    except Exception as error:
        raise FaceganError(f"cannot load the weights of InceptionV3: {error}") from error
    found = []
    for start in range(0, len(images), 32):
        batch = keras.ops.cast(images[start : start + 32], "float32")
        batch = keras.ops.image.resize(batch, (INCEPTION_SIZE, INCEPTION_SIZE), antialias=True)
        found.append(keras.ops.convert_to_numpy(network(batch / 127.5 - 1, training=False)))
    return np.concatenate(found).astype("float64")


def nearest(images: np.ndarray, faces: np.ndarray, among: np.ndarray, count: int) -> np.ndarray:
    """Returns the faces most similar to each image, by the mean square difference of 16x16 thumbnails.

    Args:
        images: `(many, size, size, 3)` uint8.
        faces: `(very many, size, size, 3)` uint8; may be memory-mapped.
        among: indexes of the faces to search.
        count: the number of faces to find for each image; fewer if there are fewer.

    Returns:
        `(many, count)` indexes into `faces`, the most similar first.
    """
    thumbnails = [_thumbnails(faces[among[start : start + _CHUNK]]) for start in range(0, len(among), _CHUNK)]
    distances = pairwise_distances(_thumbnails(images), np.concatenate(thumbnails))
    return among[distances.argsort(axis=1, kind="stable")[:, :count]]


def _thumbnails(images: np.ndarray) -> np.ndarray:
    count, size = images.shape[:2]
    step = size // THUMBNAIL
    blocks = images.reshape(count, THUMBNAIL, step, THUMBNAIL, step, 3)
    return blocks.mean(axis=(2, 4), dtype="float32").reshape(count, -1) / 255
