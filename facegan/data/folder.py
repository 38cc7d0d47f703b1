"""Any folder of images with a CSV of labels."""

import csv
import os
import unicodedata
from collections.abc import Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from facegan.data.base import Source
from facegan.data.columns import CONFIDENCE, CellError, Titles, confident, is_measurement, label_columns, read_labels
from facegan.data.readers import FolderReader
from facegan.data.split import SPLITS
from facegan.errors import FaceganError
from facegan.images import is_image_path

Rows = list[tuple[int, list[str]]]
# Accents have two encodings: that of the file system and that of the program that wrote the labels may differ.
_normalised = partial(unicodedata.normalize, "NFC")
# The values of the column `partition`.
_PARTITION = {name: index for index, split in enumerate(SPLITS) for name in (split, str(index))}


def folder_source(folder: Path, labels: str | Path | None = None, titles: Titles | None = None) -> Source:
    """Opens a folder of images with a CSV of labels.

    The CSV's first column names the images: relative to the folder, or by the bare name of an image in a subfolder;
    suffixes may differ (`1.jpg` for an aligned `1.png`), and so may the Unicode normalisation. The other columns are
    labels, by the rules of `facegan.data.columns`. A column `identity` identifies the person, and `partition` the
    split: train, validation, test.

    Args:
        folder: of the images; links to other folders are followed.
        labels: the CSV; by default the only one in the folder.
        titles: which columns to ignore or rename.

    Raises:
        FaceganError: no images, no CSV or several, a CSV without a header, a value that cannot be read or is
            ambiguous, a name or column that occurs twice, or a CSV with labels for none of the images.
    """
    everything = _files(folder)
    # The list of names in a prepared data set has one a line.
    files = {name for name in everything if "\n" not in name}
    images = {name for name in files if is_image_path(name)}
    if not images:
        raise FaceganError(f"no images in {folder}")
    path = Path(labels) if labels else _only_csv(folder)
    header, rows = _read(path)
    if _normalised(_plain(header[0])) in map(_normalised, files):
        example = ",".join(["file", *(f"attribute{number}" for number in range(1, len(header)))])
        raise FaceganError(
            f"the first line of {path} is not a header: '{header[0]}' is an image; add a line such as '{example}' above"
        )
    names = _names(path, rows)
    found = match(names, files, images)
    there = [index for index, image in enumerate(found) if image is not None]
    if not there:
        raise FaceganError(f"{path} has labels for none of the images in {folder} (first: {names[0]!r})")
    table = _Table(path, header, [rows[index] for index in there], titles or Titles())
    used = [image for image in found if image is not None]
    return Source(
        names=used,
        description={"kind": "folder", "name": folder.resolve().name, "terms": "as those of its images"},
        read=FolderReader(str(folder)),
        left_out=tuple((name, "missing") for name, image in zip(names, found, strict=True) if image is None)
        + tuple((name, "no label") for name in sorted(images.difference(used)))
        + tuple((name, "line break in its name") for name in sorted(everything - files)),
        identities=table.identities(),
        partition=table.partition(),
        files=tuple(folder / name for name in used),
        **table.labels(),
    )


def match(names: Sequence[str], files: set[str], images: set[str]) -> list[str | None]:
    """Finds the file for each name: the same path, the same path with another suffix, or the only file of that name.

    >>> match(["a.png", "b.jpg", "c.jpg", "no"], {"a.png", "b.png", "in/c.jpg"}, {"a.png", "b.png", "in/c.jpg"})
    ['a.png', 'b.png', 'in/c.jpg', None]
    """
    by_key: dict[tuple[str, str], set[str]] = {}
    for image in images:
        path = PurePosixPath(_normalised(image))
        for key in (("path", str(path)), ("path", str(path.with_suffix(""))), ("name", path.name), ("stem", path.stem)):
            by_key.setdefault(key, set()).add(image)
    taken = files.intersection(names)
    found: list[str | None] = []
    for name in names:
        normalised = _normalised(name)
        path = PurePosixPath(normalised)
        keys = [("path", normalised), ("path", str(path.with_suffix("")) if path.name else normalised)]
        if path.name == normalised:
            keys += [("name", normalised), ("stem", normalised), ("stem", path.stem)]
        candidates = (by_key.get(key, set()) - taken for key in keys)
        chosen = name if name in files else next((next(iter(only)) for only in candidates if len(only) == 1), None)
        if chosen is not None:
            taken.add(chosen)
        found.append(chosen)
    return found


def _files(folder: Path) -> set[str]:
    """Returns the names of all regular files, relative to the folder, with `/` between the parts."""
    found: set[str] = set()
    visited: set[str] = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        place = os.path.realpath(parent)
        if place in visited:  # a link in a circle
            folders.clear()
            continue
        visited.add(place)
        found |= {Path(parent, name).relative_to(folder).as_posix() for name in names if Path(parent, name).is_file()}
    return found


def _only_csv(folder: Path) -> Path:
    found = sorted(folder.glob("*.csv"))
    if len(found) != 1:
        what = f"{len(found)} CSV files" if found else "no CSV file of labels"
        raise FaceganError(f"{what} in {folder}; name the one to use with --labels")
    return found[0]


def _read(path: Path) -> tuple[list[str], Rows]:
    """Returns the header and `[(line number, cells), ...]`, without white space around cells and empty lines."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            # In locales where the comma is the decimal mark, spreadsheets write semicolons.
            first = file.readline()
            file.seek(0)
            mark = next((mark for mark in ";\t" if mark in first and "," not in first), ",")
            reader = csv.reader(file, delimiter=mark)
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


def _names(path: Path, rows: Rows) -> list[str]:
    lines: dict[str, int] = {}
    for line, cells in rows:
        name = _plain(cells[0])
        if name in lines:
            raise FaceganError(f"{path}, line {line}: {name!r} appears twice, first in line {lines[name]}")
        lines[name] = line
    return list(lines)


def _plain(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./")


class _Table:
    """The columns of a CSV, without that of the names."""

    def __init__(self, path: Path, header: list[str], rows: Rows, titles: Titles) -> None:
        self._path = path
        self._lines = [line for line, _ in rows]
        self._cells: dict[str, list[str]] = {}
        for index, title in enumerate(map(titles, header)):
            if index == 0 or title is None:
                continue
            if title in self._cells:
                raise FaceganError(f"{path} has the column {title} twice")
            self._cells[title] = [_normalised(cells[index]) for _, cells in rows]

    def identities(self) -> np.ndarray | None:
        """Returns identity numbers; a face without an entry gets an identity of its own. None without the column."""
        cells = self._special("identity")
        if cells is None:
            return None
        named = [cell or f"\n{index}" for index, cell in enumerate(cells)]
        return np.unique(named, return_inverse=True)[1].astype("int64")

    def partition(self) -> np.ndarray | None:
        """Returns the split of each face, or None if the CSV has no such column."""
        cells = self._special("partition")
        if cells is None:
            return None
        for index, cell in enumerate(cells):
            if cell.lower() not in _PARTITION:
                raise self._error(index, "partition", f"cannot read '{cell}'")
        return np.array([_PARTITION[cell.lower()] for cell in cells], "uint8")

    def labels(self) -> dict[str, Any]:
        """Returns the fields `columns`, `labels`, `known` and `remarks` of a `Source`."""
        columns: list[str] = []
        labels, known, unused = [], [], []
        for title, cells in self._cells.items():
            if title.lower() in ("identity", "partition"):
                continue
            if is_measurement(title, cells):
                unused.append(title)
                continue
            values, sure = self._read(title, cells)
            if title + CONFIDENCE in self._cells:
                sure = sure & confident(self._cells[title + CONFIDENCE])
            columns += label_columns(title)
            labels.append(values * sure[:, None])
            known.append(np.broadcast_to(sure[:, None], values.shape))
        if not columns:
            numbers = f"; {', '.join(unused)}: numbers other than 0 and 1 are not labels" if unused else ""
            raise FaceganError(f"{self._path} has no column of labels besides the file names{numbers}")
        twice = [column for column in columns if columns.count(column) > 1]
        if twice:
            raise FaceganError(f"{self._path} has the column {twice[0]} twice")
        all_known = np.concatenate(known, axis=1)
        remark = f"columns of numbers that are not labels were ignored: {', '.join(unused)}"
        return {
            "columns": tuple(columns),
            "labels": np.concatenate(labels, axis=1),
            "known": None if all_known.all() else all_known,
            "remarks": (remark,) if unused else (),
        }

    def _read(self, title: str, cells: list[str]) -> tuple[np.ndarray, np.ndarray]:
        try:
            labels, known = read_labels(title, cells)
        except CellError as error:
            raise self._error(error.index, title, error) from error
        if not known.any():
            raise self._error(0, title, "all values are empty")
        return labels, known

    def _special(self, name: str) -> list[str] | None:
        return next((cells for title, cells in self._cells.items() if title.lower() == name), None)

    def _error(self, index: int, title: str, reason: object) -> FaceganError:
        # A cell may have line breaks; a message is one line.
        one_line = " ".join(str(reason).split())
        return FaceganError(f"{self._path}, line {self._lines[index]}, column '{title}': {one_line}")
