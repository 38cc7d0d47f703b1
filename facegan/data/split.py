"""Which faces a model learns from, which it is tried on, and which it is measured with."""

import numpy as np

PARTS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


def split_rule(identities, partition):
    """In words, how `split` goes about it."""
    if partition is not None:
        return "as the source says"
    return "8:1:1 by picture" if identities is None else "8:1:1 by identity"


def split(count, identities, partition, seed):
    """Divides faces into training, validation and test faces.

    The source's own partition counts where there is one. Otherwise the shares are 8:1:1; nobody is in two parts
    where it is known who is who.

    Args:
        count: how many faces.
        identities: `(count,)` int, or None.
        partition: `(count,)` uint8, or None.
        seed: the same seed gives the same division.

    Returns:
        `(count,)` uint8: 0 train, 1 validation, 2 test.
    """
    if partition is not None:
        return np.asarray(partition, "uint8")
    people, owner, sizes = np.unique(
        np.arange(count) if identities is None else identities, return_inverse=True, return_counts=True
    )
    part_of = np.zeros(len(people), "uint8")
    missing = np.array(SHARES) * count
    # Each person goes where most faces are missing, so the last ones even out what the earlier ones left.
    for person in np.random.default_rng(seed).permutation(len(people)):
        part = int(missing.argmax())
        part_of[person] = part
        missing[part] -= sizes[person]
    return part_of[owner]
