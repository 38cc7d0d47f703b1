"""The index: one SQLite file with the positions of faces in photos, and their embeddings."""

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facegan.attributes import Attributes
from facegan.errors import FaceganError
from facegan.photos.align import Alignment
from facegan.schemas import INDEX, check, parse_json

# In the file's header: the application identifier of a facegan index, and the version of its tables.
_APPLICATION = int.from_bytes(b"face", "big")
_FORMAT = 2
# Paths are bytes, because file names need not be text. SQLite enforces this schema.
_TABLES = (
    "CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
    "CREATE TABLE photos (path BLOB PRIMARY KEY, size INTEGER NOT NULL, modified INTEGER NOT NULL, reason TEXT) STRICT",
    """CREATE TABLE faces (
        id INTEGER PRIMARY KEY,
        photo BLOB NOT NULL REFERENCES photos ON DELETE CASCADE,
        number INTEGER NOT NULL CHECK (number > 0),
        alignment BLOB NOT NULL CHECK (length(alignment) = 32),
        attributes BLOB NOT NULL,
        identity BLOB CHECK (length(identity) = 512)
    ) STRICT""",
    "CREATE INDEX faces_of_photo ON faces (photo)",
)
# The maximum length in bytes of a path, a reason, or the description of the model.
_LONGEST_ENTRY = 2**20
# The maximum side of a face, in pixels of the photo: a larger crop could fill the memory.
_LARGEST_FACE = 2**14


@dataclass(frozen=True)
class IndexedFace:
    """A face of a photo.

    Attributes:
        number: 1 for the largest of the photo.
        alignment: its position in the photo.
        attributes: `(k,)` float32, as in `Embeddings`.
        identity: `(128,)` float32, or None.
    """

    number: int
    alignment: Alignment
    attributes: np.ndarray
    identity: np.ndarray | None


@dataclass(frozen=True)
class IndexedPhoto:
    """A photo and its faces.

    Attributes:
        path: absolute.
        state: `file_state` of it when it was read.
        faces: the faces that are large enough.
        reason: the reason if there is no face; otherwise None.
    """

    path: Path
    state: tuple[int, int]
    faces: Sequence[IndexedFace] = ()
    reason: str | None = None


class Index:
    """A file of faces.

    Attributes:
        path: of the file.
        attributes: the attributes of the model that predicted them.
        model: the digest of that model.
    """

    def __init__(self, path: str | os.PathLike[str], about: Mapping[str, object] | None = None) -> None:
        """Opens an index.

        Args:
            path: the file.
            about: `model`, `attribute_names` and `columns` of the model, to create the index if it does not exist.

        Raises:
            FaceganError: no index, another kind of file, or an index of another version or another model.
        """
        self.path = Path(path)
        self._shared: sqlite3.Connection | None = None
        if self.path.exists() and not self.path.is_file():
            what = "a folder" if self.path.is_dir() else "a special file"
            raise FaceganError(f"{path} is {what}, not an index")
        is_new = not self.path.exists() or not self.path.stat().st_size
        if is_new and about is None:
            raise FaceganError(f"there is no index at {path}; make one with `facegan index`")
        with self._connected() as connection:
            if is_new:
                entries = [(name, json.dumps(value)) for name, value in (about or {}).items()]
                with connection:
                    connection.execute("BEGIN")
                    for statement in _TABLES:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA application_id = {_APPLICATION}")
                    connection.execute(f"PRAGMA user_version = {_FORMAT}")
                    connection.executemany("INSERT INTO about VALUES (?, ?)", entries)
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if application != _APPLICATION:
                raise FaceganError(f"{path} is not an index; make one with `facegan index`")
            if version != _FORMAT:
                raise FaceganError(f"{path} was made by another version of facegan; make a new index")
            tables = [sql for (sql,) in connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL")]
            if tables != list(_TABLES) or connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise self._damaged
            entries = connection.execute("SELECT name, value FROM about").fetchall()
        try:
            stored = check({name: parse_json(value, {}) for name, value in entries}, INDEX)
            self.model: str = stored["model"]
            self.attributes = Attributes(stored["attribute_names"], stored["columns"])
        except FaceganError as error:
            raise self._damaged from error
        if about is not None:
            self.check_model(about["model"])

    def check_model(self, digest: object) -> None:
        """Raises `FaceganError` if the index was made with another model."""
        if digest != self.model:
            raise FaceganError(
                f"{self.path} was made with another model; name that one with --model, or make a new index"
            )

    @property
    def _damaged(self) -> FaceganError:
        return FaceganError(f"{self.path} is damaged; make a new index")

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A context in which all reads are consistent, whatever another process writes meanwhile."""
        with self._connected() as connection:
            connection.execute("BEGIN")
            self._shared = connection
            try:
                yield
            finally:
                self._shared = None

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        """A connection; SQLite's errors become a `FaceganError`."""
        if self._shared is not None:
            yield self._shared
            return
        connection = None
        try:
            connection = sqlite3.connect(self.path)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_ENTRY)
            connection.execute("PRAGMA foreign_keys = ON")
            yield connection
        except sqlite3.DatabaseError as error:
            wrong = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_NOTADB
            reason = f"{self.path} is not an index" if wrong else f"cannot use {self.path}: {error}"
            raise FaceganError(reason) from error
        finally:
            if connection is not None:
                connection.close()

    def states(self, within: Path, with_identity: bool) -> dict[Path, tuple[int, int]]:
        """Returns the photos in a folder, and their states when they were read.

        Args:
            within: the absolute path of a folder or a single photo.
            with_identity: whether to leave out photos with a face that has no descriptor.
        """
        incomplete = "SELECT photo FROM faces WHERE identity IS NULL" if with_identity else "SELECT NULL WHERE FALSE"
        query = f"SELECT path, size, modified FROM photos WHERE path NOT IN ({incomplete})"
        with self._connected() as connection:
            rows = [(Path(os.fsdecode(path)), (size, time)) for path, size, time in connection.execute(query)]
        return {path: state for path, state in rows if path.is_relative_to(within)}

    def reasons(self, within: Path) -> dict[Path, str]:
        """Returns the reasons why photos in a folder have no face in the index."""
        with self._connected() as connection:
            rows = connection.execute("SELECT path, reason FROM photos WHERE reason IS NOT NULL ORDER BY path")
            found = [(Path(os.fsdecode(path)), reason) for path, reason in rows]
        return {path: reason for path, reason in found if path.is_relative_to(within)}

    def count(self) -> tuple[int, int]:
        """Returns the numbers of photos and of faces."""
        with self._connected() as connection:
            query = "SELECT (SELECT COUNT(*) FROM photos), (SELECT COUNT(*) FROM faces)"
            photos, faces = connection.execute(query).fetchone()
        return photos, faces

    def remove(self, paths: Iterable[Path]) -> None:
        """Removes photos and their faces."""
        with self._connected() as connection, connection:
            connection.executemany("DELETE FROM photos WHERE path = ?", [(os.fsencode(path),) for path in paths])

    def put(self, photos: Sequence[IndexedPhoto]) -> None:
        """Adds or replaces photos: all of them or, if anything fails, none."""
        with self._connected() as connection, connection:
            for photo in photos:
                path = os.fsencode(photo.path)
                connection.execute("DELETE FROM photos WHERE path = ?", (path,))
                entry = (path, *photo.state, photo.reason)
                connection.execute("INSERT INTO photos VALUES (?, ?, ?, ?)", entry)
                connection.executemany(
                    "INSERT INTO faces (photo, number, alignment, attributes, identity) VALUES (?, ?, ?, ?, ?)",
                    [(path, *_to_row(face)) for face in photo.faces],
                )

    def vectors(self, kind: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns the embeddings of all faces that have them.

        Args:
            kind: `"attributes"` or `"identity"`.

        Returns:
            `(count,)` int64, the faces' numbers in the index, and `(count, k)` float32.
        """
        width = {"attributes": len(self.attributes.every_value()), "identity": 128}[kind]
        with self._connected() as connection:
            query = f"SELECT id, {kind} FROM faces WHERE {kind} IS NOT NULL ORDER BY id"
            rows = connection.execute(query).fetchall()
        if any(len(vector) != 4 * width for _, vector in rows):
            raise self._damaged
        vectors = np.frombuffer(b"".join(vector for _, vector in rows), "<f4")
        if not np.isfinite(vectors).all():
            raise self._damaged
        return np.array([face for face, _ in rows], "int64"), vectors.reshape(len(rows), width)

    def face(self, number: int) -> tuple[Path, IndexedFace]:
        """Returns a face, by its number in the index, and the path of its photo."""
        with self._connected() as connection:
            query = "SELECT photo, number, alignment, attributes, identity FROM faces WHERE id = ?"
            path, *row = connection.execute(query, (int(number),)).fetchone()
        face = _from_row(*row)
        count = len(self.attributes.every_value())
        # This condition is false for NaN, too.
        if not (np.abs(face.alignment) < _LARGEST_FACE).all() or len(face.attributes) != count:
            raise self._damaged
        return Path(os.fsdecode(path)), face


def _to_row(face: IndexedFace) -> tuple[int, bytes, bytes, bytes | None]:
    alignment, attributes = np.array(face.alignment, "<f8").tobytes(), face.attributes.astype("<f4").tobytes()
    descriptor = None if face.identity is None else face.identity.astype("<f4").tobytes()
    return face.number, alignment, attributes, descriptor


def _from_row(number: int, alignment: bytes, attributes: bytes, identity: bytes | None) -> IndexedFace:
    found = Alignment(*np.frombuffer(alignment, "<f8").tolist())
    descriptor = None if identity is None else np.frombuffer(identity, "<f4")
    return IndexedFace(number, found, np.frombuffer(attributes, "<f4"), descriptor)
