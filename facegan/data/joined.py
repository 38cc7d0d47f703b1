"""Several sources of faces as one (multi-domain labels as in StarGAN, Choi et al. 2018, section 3.2)."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from PIL import Image

from facegan.data.base import Source
from facegan.data.split import split, split_rule
from facegan.files import unique_name

JOINED = "joined"


def join_sources(sources: Sequence[Source], seed: int = 0) -> Source:
    """Joins sources with different labels.

    The label columns are the union of all sources' columns; a column that a source lacks is unknown for its faces.
    Each source is split on its own, as if it were prepared alone, so test faces remain test faces in any combination.
    Identity numbers of different sources never coincide. Images are named `source/image`.

    Args:
        sources: the sources; a single one is returned as it is.
        seed: for the split of sources without a partition.

    Returns:
        A `Source`.
    """
    if len(sources) == 1:
        return sources[0]
    taken = set[str]()
    titles = [unique_name(source.description["name"], taken) for source in sources]
    titled = list(zip(titles, sources, strict=True))
    columns = tuple(dict.fromkeys(column for source in sources for column in source.columns))
    shape = (sum(len(source.names) for source in sources), len(columns))
    labels, known = np.zeros(shape, "uint8"), np.zeros(shape, bool)
    origins = np.repeat(np.arange(len(sources), dtype="uint8"), [len(source.names) for source in sources])
    identities, partitions, descriptions, first_number = [], [], [], 0
    for index, (title, source) in enumerate(titled):
        block = np.ix_(origins == index, [columns.index(column) for column in source.columns])
        labels[block] = source.labels
        known[block] = True if source.known is None else source.known
        people = np.arange(len(source.names)) if source.identities is None else source.identities
        # Ranks keep the order of the numbers, on which the split of a source alone depends.
        people = np.unique(people, return_inverse=True)[1]
        identities.append(first_number + people)
        first_number += len(source.names)
        partitions.append(split(len(source.names), source.identities, source.partition, seed))
        rule = split_rule(source.identities, source.partition)
        descriptions.append(source.description | {"name": title, "split": rule})
    return Source(
        names=[f"{title}/{name}" for title, source in titled for name in source.names],
        columns=columns,
        labels=labels,
        description={
            "kind": JOINED,
            "name": " + ".join(titles),
            "terms": "; ".join(dict.fromkeys(source.description["terms"] for source in sources)),
            "sources": descriptions,
        },
        read=partial(_read, {title: source.read for title, source in titled}),
        identities=np.concatenate(identities).astype("int64"),
        partition=np.concatenate(partitions),
        left_out=tuple((f"{title}/{name}", reason) for title, source in titled for name, reason in source.left_out),
        known=None if known.all() else known,
        origins=origins,
        remarks=tuple(f"{title}: {remark}" for title, source in titled for remark in source.remarks),
        files=tuple(file for source in sources for file in source.files),
    )


def _read(readers: dict[str, Callable[[str, int], Image.Image]], name: str, size: int) -> Image.Image:
    """Reads an image `source/image` with that source's reader."""
    title, _, image = name.partition("/")
    return readers[title](image, size)
