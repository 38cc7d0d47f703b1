"""CelebA as distributed: from Google Drive or Kaggle, with the images in a zip or as PNG; and CelebA-HQ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np

from facegan.data.base import Source
from facegan.data.columns import Titles
from facegan.data.folder import match
from facegan.data.readers import FolderReader, ZipReader
from facegan.errors import FaceganError

FOLDERS = ("img_align_celeba", "img_align_celeba_png", "CelebA-HQ-img")
ATTRIBUTES = ("list_attr_celeba.txt", "list_attr_celeba.csv", "CelebAMask-HQ-attribute-anno.txt")
IDENTITIES = ("identity_CelebA.txt", "identity_CelebA.csv")
PARTITIONS = ("list_eval_partition.txt", "list_eval_partition.csv")
TERMS = "CelebA: for non-commercial research purposes only, not to be passed on"
_ON, _OFF = ("1", "1.0"), ("-1", "0", "-1.0", "0.0")
_LARGEST_IDENTITY = 2**62


def find_celeba(source: Path) -> FolderReader | ZipReader | None:
    """Finds CelebA's images.

    Args:
        source: a folder with `img_align_celeba`, its zip or `CelebA-HQ-img` at most two levels down; or a zip.

    Returns:
        The reader of the images, or None if this is something else.
    """
    if source.is_file():
        return ZipReader.from_zip(source, FOLDERS) if source.suffix.lower() == ".zip" else None
    folders = [path for path in _find(source, FOLDERS) if path.is_dir()]
    if source.name in FOLDERS and _find(source, ATTRIBUTES):
        folders.append(source)
    if folders:
        # Kaggle's archive unpacks to a folder of the same name inside.
        nested = folders[0] / folders[0].name
        return FolderReader(str(nested if nested.is_dir() else folders[0]))
    zips = _find(source, [f"{name}.zip" for name in FOLDERS])
    return ZipReader.from_zip(zips[0], FOLDERS) if zips else None


def celeba_source(
    source: Path, images: FolderReader | ZipReader, labels: str | Path | None = None, titles: Titles | None = None
) -> Source:
    """Opens CelebA.

    Args:
        source: the folder or zip; the lists are in it or beside the zip.
        images: the reader that `find_celeba` returned for it.
        labels: a label file other than the distributed one.
        titles: which columns to ignore or rename.

    Raises:
        FaceganError: no label file, one that cannot be read, or one with labels for none of the images.
    """
    folder = source if source.is_dir() else source.parent
    attributes = _List.from_file(Path(labels)) if labels else _find_list(folder, images, ATTRIBUTES)
    if attributes is None:
        raise FaceganError(f"no {ATTRIBUTES[0]} or .csv in {folder}; put it there or name it with --labels")
    columns, listed, values = _read_attributes(attributes, titles or Titles())
    present = images.names()
    found = match(listed, present, present)
    there = [index for index, name in enumerate(found) if name is not None]
    if not there:
        raise FaceganError(f"{attributes.name} has labels for none of the images in {images.path}")
    used = [name for name in found if name is not None]
    files = [Path(images.path)] if isinstance(images, ZipReader) else [Path(images.path, name) for name in used]
    # The other lists use the same names as this one, whatever suffix the images have here.
    names = [listed[index] for index in there]
    return Source(
        names=used,
        columns=columns,
        labels=values[there],
        description={"kind": "CelebA", "name": source.resolve().name, "terms": TERMS},
        read=images,
        identities=_identities(_find_list(folder, images, IDENTITIES), names),
        partition=_partition(_find_list(folder, images, PARTITIONS), names),
        left_out=tuple((name, "missing") for name, image in zip(listed, found, strict=True) if image is None)
        + tuple((name, "no label") for name in sorted(present.difference(used))),
        files=tuple(files),
    )


@dataclass(frozen=True)
class _List:
    """A text file of lines.

    Attributes:
        name: for messages.
        lines: `(line number, words)`, whether words are separated by commas or by white space; no empty lines.
    """

    name: str
    lines: list[tuple[int, list[str]]]

    @classmethod
    def from_file(cls, path: Path) -> Self:
        try:
            return cls.from_bytes(str(path), path.read_bytes())
        except OSError as error:
            raise FaceganError(f"cannot read {path}: {error.strerror}") from error

    @classmethod
    def from_bytes(cls, name: str, content: bytes) -> Self:
        try:
            lines = content.decode("utf-8-sig").splitlines()
        except UnicodeDecodeError as error:
            raise FaceganError(f"cannot read {name}: not a text file") from error
        words = ((number, line.replace(",", " ").split()) for number, line in enumerate(lines, 1))
        return cls(name, [(number, line) for number, line in words if line])


def _find_list(folder: Path, images: FolderReader | ZipReader, names: Sequence[str]) -> _List | None:
    """Returns the list with one of these names: in the folder, beside the zip, or in it."""
    if path := next((path for path in _find(folder, names) if path.is_file()), None):
        return _List.from_file(path)
    if isinstance(images, ZipReader) and (member := images.find(names)):
        return _List.from_bytes(f"{member} in {images.path}", images.read(member))
    return None


def _find(folder: Path, names: Sequence[str]) -> list[Path]:
    """Returns everything with these names in the folder and at most two levels down, nearest first."""
    levels = ("", "*/", "*/*/")
    return [path for level in levels for name in names for path in sorted(folder.glob(level + name))]


def _read_attributes(attributes: _List, titles: Titles) -> tuple[tuple[str, ...], list[str], np.ndarray]:
    """Returns the columns, names and labels of `list_attr_celeba`, with or without the number of images on top."""
    lines = attributes.lines
    if lines and len(lines[0][1]) == 1:
        lines = lines[1:]
    if len(lines) < 2:
        raise FaceganError(f"{attributes.name} holds no labels")
    all_columns = [word for word in lines[0][1] if word != "image_id"]
    used = [(index, title) for index, title in enumerate(map(titles, all_columns)) if title is not None]
    labels = np.zeros((len(lines) - 1, len(used)), "uint8")
    names = []
    for row, (number, (name, *values)) in zip(labels, lines[1:], strict=True):
        if len(values) != len(all_columns) or not {*_ON, *_OFF}.issuperset(values):
            raise FaceganError(f"{attributes.name}, line {number}: not a name and {len(all_columns)} values of 1 or -1")
        row[:] = [values[index] in _ON for index, _ in used]
        names.append(name)
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise FaceganError(f"{attributes.name} lists {twice} twice")
    return tuple(title for _, title in used), names, labels


def _read_numbers(numbers: _List) -> dict[str, int]:
    """Returns `{name: number}` of a list with one number for each image, with or without a header."""
    read = {}
    for line, words in numbers.lines:
        if len(words) == 2 and words[1].isdecimal() and len(words[1]) < 20 and int(words[1]) < _LARGEST_IDENTITY:
            read[words[0]] = int(words[1])
        elif line > 1:
            raise FaceganError(f"{numbers.name}, line {line}: not a name and a number")
    return read


def _identities(numbers: _List | None, names: Sequence[str]) -> np.ndarray | None:
    """Returns identity numbers, or None without a list; an image that is not in it gets an identity of its own."""
    if numbers is None:
        return None
    people = _read_numbers(numbers)
    unknown = max(people.values(), default=0) + 1
    return np.array([people.get(name, unknown + index) for index, name in enumerate(names)], "int64")


def _partition(numbers: _List | None, names: Sequence[str]) -> np.ndarray | None:
    if numbers is None:
        return None
    read = _read_numbers(numbers)
    wrong = next((name for name in names if read.get(name) not in (0, 1, 2)), None)
    if wrong:
        raise FaceganError(f"{numbers.name} has no split 0, 1 or 2 for {wrong}")
    return np.array([read[name] for name in names], "uint8")
