"""Splits faces into training, validation and test faces."""

import numpy as np

SPLITS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


def split_rule(identities: np.ndarray | None, partition: np.ndarray | None) -> str:
    """Describes how `split` divides these faces."""
    if partition is not None:
        return "the source's own"
    return "8:1:1 by image" if identities is None else "8:1:1 by identity"


def split(count: int, identities: np.ndarray | None, partition: np.ndarray | None, seed: int) -> np.ndarray:
    """Divides faces into training, validation and test faces.

    The source's own partition is kept. Without one, the ratio is 8:1:1, and where identities are known, no person is in
    two splits.

    Args:
        count: the number of faces.
        identities: `(count,)` int, or None.
        partition: `(count,)` uint8, or None.
        seed: the same seed gives the same split.

    Returns:
        `(count,)` uint8, indexes into `SPLITS`.
    """
    if partition is not None:
        return np.asarray(partition, "uint8")
    people, owner, sizes = np.unique(
        np.arange(count) if identities is None else identities, return_inverse=True, return_counts=True
    )
    split_of = np.zeros(len(people), "uint8")
    missing = np.array(SHARES) * count
    # Each person goes to the split that lacks most faces, so the last ones even out the sizes.
    for person in np.random.default_rng(seed).permutation(len(people)):
        index = int(missing.argmax())
        split_of[person] = index
        missing[index] -= sizes[person]
    return split_of[owner]
