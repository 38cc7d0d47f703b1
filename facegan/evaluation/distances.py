"""How far sets of pictures are from each other: distances between sets of features, and between pictures."""

import numpy as np

from facegan.errors import FaceganError

INCEPTION_SIZE = 299
THUMBNAIL = 16
_CHUNK = 1024


def kernel_distance(features, others):
    """The kernel distance of KID (Bińkowski et al. 2018): the unbiased estimate of the squared maximum mean
    discrepancy with the kernel `(x.y / d + 1)^3`, over all pairs at once.

    Args:
        features, others: `(count, d)` and `(other count, d)`, at least two each.

    Returns:
        A number about 0 where both come from the same distribution; it may fall a little below.
    """
    kernel = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    within = [(np.sum(k) - np.trace(k)) / (len(k) * (len(k) - 1)) for k in (kernel(s, s) for s in (features, others))]
    return float(sum(within) - 2 * np.mean(kernel(features, others)))


def frechet_distance(features, others):
    """The Fréchet distance between the normal distributions that fit two sets of features (Heusel et al. 2017):
    `|m1 - m2|^2 + trace(C1 + C2 - 2 (C1 C2)^(1/2))`.

    Args:
        features, others: `(count, d)` and `(other count, d)`.

    Returns:
        A number of 0 or more.
    """
    difference = features.mean(axis=0) - others.mean(axis=0)
    first, second = (np.cov(each, rowvar=False) for each in (features, others))
    # The trace of the root of C1 C2 is that of the symmetric C1^(1/2) C2 C1^(1/2), whose eigenvalues are safe to get.
    values, vectors = np.linalg.eigh(first)
    root = vectors * np.sqrt(values.clip(0)) @ vectors.T
    trace = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(0)).sum()
    return float(max(0.0, difference @ difference + np.trace(first) + np.trace(second) - 2 * trace))


def pairwise_difference(images):
    """Mean absolute difference between all pairs of pictures, 0 to 255.

    Args:
        images: `(count, height, width, 3)` uint8, at least two.
    """
    flat = images.reshape(len(images), -1).astype("int16")
    sums = [np.abs(flat[index + 1 :] - face).mean(axis=1).sum() for index, face in enumerate(flat[:-1])]
    return float(np.sum(sums) / (len(flat) * (len(flat) - 1) / 2))


def inception_features(images, weights="imagenet"):
    """What `keras.applications`' InceptionV3, trained on ImageNet, sees in pictures. Needs its weights, 88 MB, which
    Keras downloads.

    Args:
        images: `(count, height, width, 3)` uint8.
        weights: as `keras.applications` takes them.

    Returns:
        `(count, 2048)` float64.

    Raises:
        FaceganError: the weights cannot be had.
    """
    import keras

    try:
        network = keras.applications.InceptionV3(include_top=False, pooling="avg", weights=weights)
    except Exception as error:
        raise FaceganError(f"cannot get the weights of InceptionV3: {error}") from error
    found = []
    for start in range(0, len(images), 32):
        batch = keras.ops.cast(images[start : start + 32], "float32")
        batch = keras.ops.image.resize(batch, (INCEPTION_SIZE, INCEPTION_SIZE), antialias=True)
        found.append(keras.ops.convert_to_numpy(network(batch / 127.5 - 1, training=False)))
    return np.concatenate(found).astype("float64")


def nearest(images, faces, among):
    """The faces that are most like pictures, by the mean square difference of 16x16 thumbnails.

    Args:
        images: `(count, size, size, 3)` uint8.
        faces: `(many, size, size, 3)` uint8, as large as memory need not be.
        among: indexes of the faces to look at.

    Returns:
        `(count,)` indexes into `faces`.
    """
    wanted = _thumbnails(images)
    best, found = np.full(len(images), np.inf), np.zeros(len(images), "int64")
    for start in range(0, len(among), _CHUNK):
        where = among[start : start + _CHUNK]
        candidates = _thumbnails(faces[where])
        distances = np.square(wanted).sum(1)[:, None] + np.square(candidates).sum(1) - 2 * wanted @ candidates.T
        closest = distances.argmin(axis=1)
        distance = distances[np.arange(len(images)), closest]
        found = np.where(distance < best, where[closest], found)
        best = np.minimum(distance, best)
    return found


def _thumbnails(images):
    count, size = images.shape[:2]
    step = size // THUMBNAIL
    blocks = images.reshape(count, THUMBNAIL, step, THUMBNAIL, step, 3)
    return blocks.mean(axis=(2, 4), dtype="float64").reshape(count, -1)
