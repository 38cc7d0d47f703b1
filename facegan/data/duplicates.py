"""Near-duplicates: the same photo in two data sets, perhaps with a slightly different crop, compression or colour.

Two steps: pairs whose small grey thumbnails correlate are candidates. A candidate is a duplicate if its details, the
difference from a local mean, still correlate after the best shift and zoom of one image. The thresholds come from
looking at pairs among 37,000 faces of CelebA, LFW and FFHQ: across data sets, the eight true duplicates found reach
0.835 and more, and the most similar pair of different photos 0.77. Thumbnails alone, without the second step, rank
portraits before a dark background above some true duplicates.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from facegan.progress import progress_bar

THUMBNAIL = 32
COARSE = 16
CANDIDATE = 0.9
DUPLICATE = 0.8
ZOOMS = (0.92, 0.96, 1.0, 1.04, 1.08)
SHIFT = 1  # pixels of a thumbnail
MARGIN = 4  # pixels of a thumbnail that are not compared, so that zoom and shift have room
LOCAL = 5  # side of the local mean
ROWS = 1000


def thumbnails(faces: np.ndarray) -> np.ndarray:
    """Returns grey thumbnails, `(count, 32, 32)` uint8, of faces, `(count, size, size, 3)` uint8."""
    block = faces.shape[1] // THUMBNAIL
    small = np.empty((len(faces), THUMBNAIL, THUMBNAIL), "uint8")
    for start in range(0, len(faces), ROWS):
        part = faces[start : start + ROWS]
        tiles = part.reshape(len(part), THUMBNAIL, block, THUMBNAIL, block * 3)
        small[start : start + ROWS] = tiles.mean((2, 4)).round()
    return small


def near_duplicates(thumbs: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Finds the same photo in different groups.

    Args:
        thumbs: `(count, 32, 32)` uint8, from `thumbnails`.
        groups: `(count,)` int; pairs within a group are not looked for.

    Returns:
        `(pairs, 2)` int, the indexes of both, the smaller first; sorted.
    """
    block = THUMBNAIL // COARSE
    coarse = _unit(thumbs.reshape(len(thumbs), COARSE, block, COARSE, block).mean((2, 4), dtype="float32"))
    found = [np.zeros((0, 2), int)]
    for start in progress_bar(range(0, len(thumbs), ROWS), "looking for near-duplicates"):
        similar = coarse[start : start + ROWS] @ coarse[start:].T > CANDIDATE
        first, second = np.nonzero(np.triu(similar, 1))
        pairs = np.stack([first, second], axis=1) + start
        pairs = pairs[groups[pairs[:, 0]] != groups[pairs[:, 1]]]
        found.append(pairs[_similarity(thumbs[pairs[:, 0]], thumbs[pairs[:, 1]]) > DUPLICATE])
    return np.concatenate(found)


def to_leave_out(
    pairs: np.ndarray, origins: np.ndarray, splits: np.ndarray, identities: np.ndarray, names: Sequence[str]
) -> list[tuple[int, str]]:
    """Chooses which faces to leave out, so that no photo occurs twice and no held-out face is in the training split.

    Of two sources the earlier one keeps its face. A duplicate also shows that both sources contain the same person,
    each under its own number: the person's faces in the later source are left out too, unless they are in the same
    split. Within a source, a test face has precedence over a validation face, and that over a training face.

    Args:
        pairs: `(pairs, 2)` int, from `near_duplicates`.
        origins: `(count,)` int, the source of each face.
        splits: `(count,)` int, 0 train, 1 validation, 2 test.
        identities: `(count,)` int.
        names: of the faces.

    Returns:
        `(index, reason)` of each face to leave out, sorted.
    """
    reasons: dict[int, str] = {}
    for pair in pairs:
        kept, other = sorted(pair.tolist(), key=lambda index: (origins[index], -int(splits[index])))
        reasons.setdefault(other, f"near-duplicate of {names[kept]}")
        if origins[kept] != origins[other]:
            person = (identities == identities[other]) & (splits != splits[kept])
            for index in np.flatnonzero(person).tolist():
                reasons.setdefault(index, f"same person as {names[kept]}, who is in another split")
    return sorted(reasons.items())


def _similarity(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the correlation of details, `(count,)`, the best over all zooms and shifts of the second images."""
    best = np.full(len(first), -1.0)
    if not len(first):
        return best
    inner = slice(MARGIN, THUMBNAIL - MARGIN)
    reference = _unit(_details(first.astype("float32"))[:, inner, inner])
    for zoom in ZOOMS:
        details = _details(_zoomed(second, zoom))
        for down in range(MARGIN - SHIFT, MARGIN + SHIFT + 1):
            for right in range(MARGIN - SHIFT, MARGIN + SHIFT + 1):
                side = THUMBNAIL - 2 * MARGIN
                shifted = _unit(details[:, down : down + side, right : right + side])
                best = np.maximum(best, (reference * shifted).sum(axis=1))
    return best


def _zoomed(thumbs: np.ndarray, zoom: float) -> np.ndarray:
    """Returns the thumbnails enlarged by `1 / zoom` about their middle, float32."""
    start = THUMBNAIL * (1 - zoom) / 2
    matrix = (zoom, 0, start, 0, zoom, start)
    size = (THUMBNAIL, THUMBNAIL)
    # A zoom above 1 adds a black border, which lies in the margin that is not compared.
    zoomed = [
        Image.fromarray(thumb.astype("float32")).transform(
            size, Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC
        )
        for thumb in thumbs
    ]
    return np.stack([np.asarray(image) for image in zoomed])


def _details(images: np.ndarray) -> np.ndarray:
    """Subtracts the mean of a square around every pixel."""
    before = LOCAL // 2
    padded = np.pad(images, ((0, 0), (before, before), (before, before)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (LOCAL, LOCAL), (1, 2))
    return images - windows.mean((3, 4))


def _unit(images: np.ndarray) -> np.ndarray:
    """Flattens images and gives them mean 0 and length 1."""
    flat = images.reshape(len(images), -1).astype("float32")
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / (np.linalg.norm(flat, axis=1, keepdims=True) + 1e-6)
