"""Any folder of pictures with a CSV of labels."""

import csv
import os
from pathlib import Path, PurePosixPath

import numpy as np

from facegan.data.base import Source
from facegan.data.columns import CONFIDENCE, CellError, confident, is_measurement, label_columns, read_labels
from facegan.data.readers import FolderReader
from facegan.errors import FaceganError
from facegan.images import is_image_path

PARTS = {"train": 0, "validation": 1, "test": 2, "0": 0, "1": 1, "2": 2}


def folder_source(folder, labels=None):
    """A folder of pictures as a `Source`.

    The CSV's first column names the pictures: relative to the folder, or by the bare name of a picture in a subfolder;
    another suffix than the picture's makes no difference (`1.jpg` for an aligned `1.png`). The other columns are
    labels, by the rules of `facegan.data.columns`. A column `identity` identifies the person, and `partition` the part
    of the data set: train, validation, test.

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
    found = _match(names, files, pictures)
    there = [index for index, picture in enumerate(found) if picture is not None]
    if not there:
        raise FaceganError(f"{path} has labels for none of the pictures in {folder} (first: '{names[0]}')")
    rows = [rows[index] for index in there]
    return Source(
        names=[found[index] for index in there],
        description={"kind": "folder", "name": folder.name, "terms": "as those of its pictures"},
        read=FolderReader(str(folder)),
        left_out=tuple((name, "missing") for name, picture in zip(names, found, strict=True) if picture is None)
        + tuple((name, "no label") for name in sorted(pictures - set(found))),
        **_table(path, header, rows),
    )


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


def _match(names, files, pictures):
    """Finds the file of each name: the same path, the same path with another suffix, or the only one of that name.

    >>> _match(["a.png", "b.jpg", "c.jpg", "no"], {"a.png", "b.png", "in/c.jpg"}, {"a.png", "b.png", "in/c.jpg"})
    ['a.png', 'b.png', 'in/c.jpg', None]
    """
    by_key = {}
    for picture in pictures:
        path = PurePosixPath(picture)
        for key in (("path", str(path.with_suffix(""))), ("name", path.name), ("stem", path.stem)):
            by_key.setdefault(key, set()).add(picture)
    taken = files.intersection(names)
    found = []
    for name in names:
        path = PurePosixPath(name)
        keys = [("path", name), ("path", str(path.with_suffix("")))]
        if path.name == name:
            keys += [("name", name), ("stem", name), ("stem", path.stem)]
        candidates = (by_key.get(key, set()) - taken for key in keys)
        picture = name if name in files else next((only for only in candidates if len(only) == 1), {None}).copy().pop()
        taken.add(picture)
        found.append(picture)
    return found


def _table(path, header, rows):
    """Reads the columns of a CSV into the fields of a `Source`."""
    cells = {title: [row[index] for _, row in rows] for index, title in enumerate(header) if index}
    lines = [line for line, _ in rows]
    columns, labels, known, unused, special = [], [], [], [], {}
    for title, column in cells.items():
        if title.lower() == "identity":
            special["identities"] = _people(column)
        elif title.lower() == "partition":
            special["partition"] = _partition(path, lines, title, column)
        elif is_measurement(title, column):
            unused.append(title)
        else:
            own, sure = _labels(path, lines, title, column)
            if title + CONFIDENCE in cells:
                sure &= confident(cells[title + CONFIDENCE])
            own_columns = label_columns(title)
            columns += own_columns
            labels.append(own * sure[:, None])
            known.append(np.repeat(sure[:, None], len(own_columns), axis=1))
    if not columns:
        raise FaceganError(f"{path} has no column of labels beside the file names")
    twice = [column for column in columns if columns.count(column) > 1]
    if twice:
        raise FaceganError(f"{path} has the column {twice[0]} twice")
    all_known = np.concatenate(known, axis=1)
    if unused:
        special["remarks"] = (f"columns of numbers that are no labels were not used: {', '.join(unused)}",)
    return special | {
        "columns": tuple(columns),
        "labels": np.concatenate(labels, axis=1),
        "known": None if all_known.all() else all_known,
    }


def _people(cells):
    """Numbers people by their names; a face without a name is a person of its own."""
    named = [cell or f"\n{index}" for index, cell in enumerate(cells)]
    return np.unique(named, return_inverse=True)[1].astype("int64")


def _partition(path, lines, title, cells):
    for line, cell in zip(lines, cells, strict=True):
        if cell.lower() not in PARTS:
            raise FaceganError(f"{path}, line {line}, column '{title}': cannot read '{cell}'")
    return np.array([PARTS[cell.lower()] for cell in cells], "uint8")


def _labels(path, lines, title, cells):
    try:
        labels, known = read_labels(title, cells)
    except CellError as error:
        raise FaceganError(f"{path}, line {lines[error.index]}, column '{title}': {error}") from error
    if not known.any():
        raise FaceganError(f"{path}, line {lines[0]}, column '{title}': all values are empty")
    return labels, known
