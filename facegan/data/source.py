"""Opens sources of faces of any kind."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from facegan.data.alignment import align_alike
from facegan.data.base import Source
from facegan.data.celeba import celeba_source, find_celeba
from facegan.data.columns import Titles
from facegan.data.drawn import DRAWN, drawn_source
from facegan.data.folder import folder_source
from facegan.data.joined import join_sources
from facegan.errors import FaceganError


def open_sources(
    sources: Sequence[str | Path],
    labels: str | Path | None = None,
    count: int | None = None,
    seed: int = 0,
    align: bool | None = None,
    ignore: Iterable[str] = (),
    rename: Mapping[str, str] | None = None,
) -> Source:
    """Opens one or more sources of faces as a single `Source`; the arguments are those of `facegan.prepare`.

    Raises:
        FaceganError: a source or a column that does not exist, or labels that are missing or cannot be read.
    """
    if len(sources) > 1 and (labels is not None or count is not None):
        raise FaceganError("a label file or a number of faces can be given for a single source only")
    titles = Titles(ignore, rename)
    opened = [open_source(source, labels, count, seed, titles) for source in sources]
    titles.check()
    if align or (align is None and len(opened) > 1):
        opened = [align_alike(source, always=bool(align)) for source in opened]
    return join_sources(opened, seed)


def open_source(
    source: str | Path,
    labels: str | Path | None = None,
    count: int | None = None,
    seed: int = 0,
    titles: Titles | None = None,
) -> Source:
    """Opens one source of faces.

    Args:
        source: the word `drawn`; CelebA's folder or `img_align_celeba.zip`; or any folder of images with a CSV.
        labels: as for `facegan.prepare`.
        count: only for `drawn`.
        seed: only for `drawn`.
        titles: which columns of label files to ignore or rename.
    """
    if str(source) == DRAWN:
        if labels is not None:
            raise FaceganError("drawn faces have labels of their own; omit the label file")
        return drawn_source(count, seed)
    if count is not None:
        raise FaceganError("a number of faces can only be chosen for 'drawn'")
    source = Path(source)
    if not source.exists():
        kinds = f"a folder of images, CelebA's zip or the word '{DRAWN}'"
        raise FaceganError(f"{source} does not exist; a source is {kinds}")
    images = find_celeba(source)
    if images is not None:
        return celeba_source(source, images, labels, titles)
    if not source.is_dir():
        raise FaceganError(f"{source} is neither a folder nor a zip of CelebA's images")
    return folder_source(source, labels, titles)
