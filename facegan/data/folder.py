"""Any folder of pictures with a CSV of labels."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegan.attributes import CELEBA_COLUMNS, FIVE, FIVE_NAMES, OFF_WORDS, ON_WORDS, Attributes
from facegan.data.base import Source
from facegan.errors import FaceganError
from facegan.images import crop_square, is_image_path, open_image

PARTS = {"train": 0, "validation": 1, "test": 2, "0": 0, "1": 1, "2": 2}
_CELEBA_BY_LOWER = {column.lower(): column for column in CELEBA_COLUMNS}


def folder_source(folder, labels=None):
    """A folder of pictures as a `Source`.

    Pictures may lie in subfolders; the CSV's first column then says `subfolder/name.jpg`. The other columns are
    attributes: 1, true, yes or 0, -1, false, no; or, in a column called `gender`, `age`, `glasses`, `skin` or
    `hair`, the words of `facegan.attributes`. A column `identity` says who it is, and `partition` in which part of
    the data set a picture belongs: train, validation, test.

    Args:
        folder: `Path`.
        labels: the CSV; by default the only one in the folder.

    Raises:
        FaceganError: no pictures, no CSV or several, a value that cannot be read, a name or column that comes twice,
            or a CSV that knows none of the pictures.
    """
    files = _files(folder)
    pictures = {name for name in files if is_image_path(name)}
    if not pictures:
        raise FaceganError(f"no pictures in {folder}")
    path = Path(labels) if labels else _only_csv(folder)
    header, rows = _read(path)
    names = _names(path, rows)
    there = [index for index, name in enumerate(names) if name in files]
    if not there:
        raise FaceganError(f"{path} has labels for none of the pictures in {folder} (first: '{names[0]}')")
    rows = [rows[index] for index in there]
    columns, values, special = _table(path, header, rows)
    return Source(
        names=[names[index] for index in there],
        columns=columns,
        labels=values,
        description={"kind": "folder", "name": folder.name, "terms": "as those of its pictures"},
        read=FolderReader(str(folder)),
        left_out=tuple((name, "missing") for name in names if name not in files)
        + tuple((name, "no label") for name in sorted(pictures - set(names))),
        **special,
    )


@dataclass(frozen=True)
class FolderReader:
    """Reads a picture by its name relative to the folder: its centred square."""

    path: str

    def __call__(self, name, size):
        return crop_square(open_image(Path(self.path, name)), size)


def _files(folder):
    """The names of all files, relative to the folder, with `/` between the parts."""
    return {
        Path(parent, name).relative_to(folder).as_posix() for parent, _, names in os.walk(folder) for name in names
    }


def _only_csv(folder):
    found = sorted(folder.glob("*.csv"))
    if len(found) != 1:
        what = f"{len(found)} CSV files" if found else "no CSV file of labels"
        raise FaceganError(f"{what} in {folder}; name the one to use with --labels")
    return found[0]


def _read(path):
    """`(header, [(line number, cells), ...])` with white space around cells removed and empty lines left away."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise FaceganError(f"cannot read {path}: not a CSV in UTF-8") from error
    rows = [(line, cells) for line, cells in rows if any(cells)]
    if len(rows) < 2:
        raise FaceganError(f"{path} holds no labels")
    (_, header), rows = rows[0], rows[1:]
    for line, cells in rows:
        if len(cells) != len(header):
            raise FaceganError(f"{path}, line {line}: {len(cells)} cells, but the header has {len(header)}")
    return header, rows


def _names(path, rows):
    lines = {}
    for line, cells in rows:
        name = cells[0].replace("\\", "/").removeprefix("./")
        if name in lines:
            raise FaceganError(f"{path}, line {line}: '{name}' comes twice, first in line {lines[name]}")
        lines[name] = line
    return list(lines)


def _table(path, header, rows):
    """`(columns, labels, {"identities": ..., "partition": ...})` of the rows."""
    columns, parts, special = [], [], {}
    for index, title in enumerate(header[1:], 1):
        cells = [(line, row[index]) for line, row in rows]
        if title.lower() == "identity":
            special["identities"] = np.unique([cell for _, cell in cells], return_inverse=True)[1].astype("int64")
        elif title.lower() == "partition":
            special["partition"] = np.array(_convert(path, title, cells, lambda cell: PARTS[cell.lower()]), "uint8")
        else:
            own, convert = _attribute(title)
            columns += own
            parts.append(np.array(_convert(path, title, cells, convert), "uint8"))
    if not columns:
        raise FaceganError(f"{path} has no column of labels beside the file names")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise FaceganError(f"{path} has the column {twice[0]} twice")
    return tuple(columns), np.concatenate(parts, axis=1), special


def _attribute(title):
    """The label columns that a column of the CSV stands for, and what turns a cell into their bits."""
    if title.lower() not in FIVE_NAMES:
        return (_CELEBA_BY_LOWER.get(title.lower(), title),), _bit
    name = title.lower()
    attribute = next(five for five in FIVE if five.name == name)
    vocabulary = Attributes([name])
    return attribute.columns, lambda cell: attribute.bits(vocabulary.parse(f"{name}={cell}")[name])


def _bit(cell):
    word = cell.lower()
    if word not in ON_WORDS + OFF_WORDS:
        raise ValueError
    return [int(word in ON_WORDS)]


def _convert(path, title, cells, convert):
    converted = []
    for line, cell in cells:
        try:
            converted.append(convert(cell))
        except FaceganError as error:
            raise FaceganError(f"{path}, line {line}, column '{title}': {error}") from error
        except (KeyError, ValueError) as error:
            raise FaceganError(f"{path}, line {line}, column '{title}': cannot read '{cell}'") from error
    return converted
