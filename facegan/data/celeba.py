"""CelebA as it is distributed: on its own drive, on Kaggle, or with the pictures still in the zip."""

from collections import Counter
from pathlib import Path

import numpy as np

from facegan.data.base import Source
from facegan.data.readers import FolderReader, ZipReader
from facegan.errors import FaceganError

FOLDER = "img_align_celeba"
TERMS = "CelebA: for non-commercial research purposes only, not to be passed on"


def find_celeba(source):
    """CelebA's pictures in a folder or zip: a reader for them, or None when this is something else.

    Args:
        source: `Path` of a folder that holds `img_align_celeba` or its zip at most two levels down, or of the zip.
    """
    if source.is_file():
        return ZipReader.from_zip(source) if source.suffix.lower() == ".zip" else None
    folders = [path for path in _find(source, FOLDER) if path.is_dir()]
    if source.name == FOLDER and _find(source, "list_attr_celeba.txt", "list_attr_celeba.csv"):
        folders.append(source)
    if folders:
        # Kaggle's archive unpacks to a folder of the same name inside.
        nested = folders[0] / FOLDER
        return FolderReader(str(nested if nested.is_dir() else folders[0]))
    zips = _find(source, f"{FOLDER}.zip")
    return ZipReader.from_zip(zips[0]) if zips else None


def celeba_source(source, pictures, labels=None):
    """CelebA as a `Source`.

    Args:
        source: `Path` of the folder or zip, beside or in which the lists are.
        pictures: what `find_celeba` returned for it.
        labels: another label file than `list_attr_celeba.txt` or `.csv`.

    Raises:
        FaceganError: no label file, one that cannot be read, or one that knows none of the pictures.
    """
    lists = source if source.is_dir() else source.parent
    labels = Path(labels) if labels else _first(lists, "list_attr_celeba.txt", "list_attr_celeba.csv")
    if labels is None:
        raise FaceganError(f"no list_attr_celeba.txt or .csv in {lists}; put it there or name it with --labels")
    columns, listed, values = _read_attributes(labels)
    present = pictures.names()
    there = [index for index, name in enumerate(listed) if name in present]
    if not there:
        raise FaceganError(f"{labels} has labels for none of the pictures in {pictures.path}")
    names = [listed[index] for index in there]
    return Source(
        names=names,
        columns=columns,
        labels=values[there],
        description={"kind": "CelebA", "name": source.name, "terms": TERMS},
        read=pictures,
        identities=_identities(_first(lists, "identity_CelebA.txt", "identity_CelebA.csv"), names),
        partition=_partition(_first(lists, "list_eval_partition.txt", "list_eval_partition.csv"), names),
        left_out=tuple((name, "missing") for name in listed if name not in present)
        + tuple((name, "no label") for name in sorted(present - set(listed))),
    )


def _find(folder, *names):
    """Everything of these names in the folder and at most two levels down, nearest first."""
    levels = ("", "*/", "*/*/")
    return [path for level in levels for name in names for path in sorted(folder.glob(level + name))]


def _first(folder, *names):
    return next((path for path in _find(folder, *names) if path.is_file()), None)


def _rows(path):
    """The lines of a list, `(line number, words)`, whether words are parted by commas or by white space."""
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FaceganError(f"cannot read {path}: {getattr(error, 'strerror', None) or 'not a text file'}") from error
    rows = ((number, line.replace(",", " ").split()) for number, line in enumerate(lines, 1))
    return [(number, words) for number, words in rows if words]


def _read_attributes(path):
    """`(columns, names, labels)` of `list_attr_celeba`, with the number of pictures above the columns or without."""
    rows = _rows(path)
    if rows and len(rows[0][1]) == 1:
        rows = rows[1:]
    if len(rows) < 2:
        raise FaceganError(f"{path} holds no labels")
    columns = tuple(word for word in rows[0][1] if word != "image_id")
    labels = np.zeros((len(rows) - 1, len(columns)), "uint8")
    names = []
    for row, (number, (name, *values)) in zip(labels, rows[1:]):
        if len(values) != len(columns) or not {"1", "-1", "0"}.issuperset(values):
            raise FaceganError(f"{path}, line {number}: not a name and {len(columns)} values of 1 or -1")
        row[:] = [value == "1" for value in values]
        names.append(name)
    if len(set(names)) < len(names):
        twice = Counter(names).most_common(1)[0][0]
        raise FaceganError(f"{path} lists {twice} twice")
    return columns, names, labels


def _read_numbers(path):
    """`{name: number}` of a list with one number for each picture, with a header or without."""
    numbers = {}
    for line, words in _rows(path):
        if len(words) == 2 and words[1].isdecimal():
            numbers[words[0]] = int(words[1])
        elif line > 1:
            raise FaceganError(f"{path}, line {line}: not a name and a number")
    return numbers


def _identities(path, names):
    """Who is on each picture, or None without a list; a picture that it does not have is a person of its own."""
    if path is None:
        return None
    numbers = _read_numbers(path)
    unknown = max(numbers.values(), default=0) + 1
    return np.array([numbers.get(name, unknown + index) for index, name in enumerate(names)], "int64")


def _partition(path, names):
    if path is None:
        return None
    numbers = _read_numbers(path)
    parts = [numbers.get(name) for name in names]
    wrong = [name for name, part in zip(names, parts) if part not in (0, 1, 2)]
    if wrong:
        raise FaceganError(f"{path} does not say whether {wrong[0]} is of part 0, 1 or 2")
    return np.array(parts, "uint8")
