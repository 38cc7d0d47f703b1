"""Prepares a source of faces as a data set, in parallel, and resumes where it was interrupted.

Unfinished work is in `OUT.partial`: `plan.json` describes it, `faces.npy` has a row for every name, and `done.jsonl`
gets a line when the rows of a chunk are on disk. At the end the folder is renamed in one step.
"""

from __future__ import annotations

import csv
import hashlib
import json
import logging
import multiprocessing
import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from facegan.data.base import Source
from facegan.data.drawn import DRAWN
from facegan.data.duplicates import near_duplicates, thumbnails, to_leave_out
from facegan.data.joined import JOINED
from facegan.data.prepared import FORMAT, PARTIAL, SIZES, PreparedFaces, write_names
from facegan.data.readers import LARGEST_ENLARGEMENT, TOO_SMALL
from facegan.data.split import SPLITS, split, split_rule
from facegan.errors import FaceganError
from facegan.files import file_state, reserve
from facegan.progress import progress_bar
from facegan.schemas import PLAN, parse_json

logger = logging.getLogger(__name__)

CHUNK = 256
DUPLICATES = "duplicates"  # in place of a chunk's number


def prepare(
    source: Source, out: str | os.PathLike[str], size: int = 128, seed: int = 0, workers: int | None = None
) -> PreparedFaces:
    """Reads all faces of a source, resizes them and writes them to a folder, as `facegan.prepare` describes.

    Interrupted at any moment, it resumes when called again with the same arguments; the result is the same, byte for
    byte. Images that cannot be read are left out and listed in `left_out.csv`, and so are near-duplicates in joined
    sources; the last faces are moved to their rows.

    Raises:
        FaceganError: an unsupported size, too little disk space, no readable image, or `out` exists, was begun with
            other arguments or is being prepared by another process.
        OSError: writing failed; the next call resumes.
    """
    if size not in SIZES:
        raise FaceganError(f"faces of size {size} cannot be prepared; choose one of {', '.join(map(str, SIZES))}")
    out = Path(out)
    if not out.name:
        raise FaceganError(f"cannot write {out}: name a new folder")
    _check_free(out)
    job = _Job(source, out.with_name(out.name + PARTIAL), size, seed)
    if not job.is_finished:
        _check_disk(job, out)
    with reserve(job.partial):
        if out.exists():
            # Another process may have finished just now, so that this one created an empty folder.
            _check_free(out)
        job.begin()
        if not job.is_finished:
            _read_all(job, workers or os.cpu_count() or 1)
            _leave_out_duplicates(job)
            _finish(job)
        # Only removing the work files and renaming the folder remain.
        for file in (job.log, job.plan):
            file.unlink(missing_ok=True)
        if out.is_dir():
            out.rmdir()
        job.partial.rename(out)
    return PreparedFaces(out)


@dataclass(frozen=True)
class _Job:
    """A data set in preparation, and the places of its unfinished files."""

    source: Source
    partial: Path
    size: int
    seed: int

    @property
    def is_finished(self) -> bool:
        return (self.partial / "prepared.json").exists()

    @property
    def faces(self) -> Path:
        return self.partial / "faces.npy"

    @property
    def plan(self) -> Path:
        return self.partial / "plan.json"

    @property
    def log(self) -> Path:
        return self.partial / "done.jsonl"

    @property
    def row_bytes(self) -> int:
        return self.size * self.size * 3

    def header(self, count: int) -> bytes:
        """Returns the header of `faces.npy`; in NumPy's format it has the same length for any number of rows."""
        header = BytesIO()
        shape = (count, self.size, self.size, 3)
        np.lib.format.write_array_header_1_0(header, {"descr": "|u1", "fortran_order": False, "shape": shape})
        return header.getvalue()

    def description(self) -> dict[str, Any]:
        """Returns what must be the same for the work to resume."""
        source = self.source
        digest = hashlib.sha256(json.dumps([source.names, source.columns, source.left_out]).encode())
        for array in (source.labels, source.identities, source.partition):
            digest.update(b"-" if array is None else array.tobytes())
        for array in (source.known, source.origins):
            digest.update(b"" if array is None else array.tobytes())
        return {
            "format": FORMAT,
            "size": self.size,
            "seed": self.seed,
            "source": source.description,
            "fingerprint": digest.hexdigest(),
        }

    def begin(self) -> None:
        """Writes the plan, or raises `FaceganError` if the folder was begun with another one."""
        plan = self.description()
        written = self.partial / "prepared.json" if self.is_finished else self.plan
        if written.exists():
            again = "delete it to start again"
            try:
                begun = parse_json(written.read_bytes(), PLAN)
            except FaceganError as error:
                raise FaceganError(f"{written} is damaged: {error}; delete {self.partial} to start again") from error
            if {key: begun.get(key) for key in plan} != plan:
                raise FaceganError(f"{self.partial} was begun with another source, size or seed; {again}")
            if written == self.plan and begun.get("images") != self._images():
                raise FaceganError(f"images have changed since {self.partial} was begun; {again}")
            return
        # Without a plan, nothing that was written can be used.
        if {entry.name for entry in self.partial.iterdir()} - {"faces.npy", "plan.json.new"}:
            raise FaceganError(f"{self.partial} is in the way; delete it or choose another folder")
        header = self.header(len(self.source.names))
        with open(self.faces, "wb") as file:
            file.write(header)
            file.truncate(len(header) + len(self.source.names) * self.row_bytes)
        _write_json(self.plan, plan | {"images": self._images()})

    def _images(self) -> str:
        """Returns a digest that changes with the files of the images; drawn faces have none."""
        state = [file_state(path) for path in self.source.files]
        return hashlib.sha256(json.dumps(state).encode()).hexdigest()

    def done(self) -> dict[int | str, list[tuple[int, str]]]:
        """Returns `{chunk: [(row, reason), ...]}` of the chunks on the disk; a line cut short does not count."""
        if not self.log.exists():
            return {}
        content = self.log.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self.log, len(whole))
        lines = map(json.loads, whole.splitlines())
        return {line["chunk"]: line["left_out"] for line in lines}


def _check_free(out: Path) -> None:
    if (out / "prepared.json").exists():
        raise FaceganError(f"{out} is already prepared; choose another folder or delete it")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FaceganError(f"{out} exists and is not a prepared data set; choose another folder")


def _check_disk(job: _Job, out: Path) -> None:
    count = len(job.source.names)
    size = count * (job.row_bytes + job.source.labels.shape[1] + 64)  # 64: name, split and identity
    missing = size - len(job.done()) * CHUNK * job.row_bytes
    free = shutil.disk_usage(next(folder for folder in out.absolute().parents if folder.exists())).free
    if missing > free:
        raise FaceganError(f"not enough disk space for {out}: {missing / 1e9:.2f} GB needed, {free / 1e9:.2f} GB free")
    for remark in job.source.remarks:
        logger.warning(remark)
    need = f"{count} faces of {job.size}x{job.size} need {size / 1e6:,.0f} MB"
    logger.info("%s; %s MB are free", need, f"{free / 1e6:,.0f}")


def _read_all(job: _Job, workers: int) -> None:
    """Reads and writes the remaining chunks, and logs each when it is on disk."""
    names, done = job.source.names, job.done()
    offset = len(job.header(len(names)))
    starts = {chunk: start for chunk, start in enumerate(range(0, len(names), CHUNK)) if chunk not in done}
    tasks = [
        (chunk, job.source.read, names[start : start + CHUNK], job.size, job.faces, offset + start * job.row_bytes)
        for chunk, start in starts.items()
    ]
    bar = progress_bar(len(names), "preparing", unit=" faces")
    with bar, open(job.log, "a", encoding="utf-8") as log, _pool(min(workers, len(tasks))) as run:
        bar.update(len(names) - sum(len(task[2]) for task in tasks))
        for chunk, left_out in run(_read_chunk, tasks):
            rows = [(chunk * CHUNK + index, reason) for index, reason in left_out]
            log.write(json.dumps({"chunk": chunk, "left_out": rows}) + "\n")
            log.flush()
            bar.update(len(names[chunk * CHUNK : (chunk + 1) * CHUNK]))


@contextmanager
def _pool(workers: int) -> Iterator[Callable[[Callable, Sequence], Iterable]]:
    """Yields `run(function, tasks)`, which yields results as they are finished; no process outlives the block."""
    if workers <= 1:
        yield map
        return
    # Not fork: the caller may have threads (TensorFlow has), which a fork does not survive.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_start_worker)
    try:
        yield lambda function, tasks: (
            future.result() for future in as_completed([pool.submit(function, task) for task in tasks])
        )
    except BrokenProcessPool as error:
        raise FaceganError(
            "a worker process was killed, perhaps because memory ran out; the same command resumes"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _start_worker() -> None:
    """Leaves CTRL-C and a closed terminal to the parent process, and exits with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _leave_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
        os._exit(1)


def _read_chunk(task: tuple) -> tuple[int, list[tuple[int, str]]]:
    """Reads the faces of a chunk and writes them into their rows; those that cannot be read stay black.

    It uses plain writes, not a memory map, so that a full disk raises an error instead of killing the process.

    Returns:
        `(chunk, [(index in the chunk, reason), ...])`, with an entry for each image to leave out.
    """
    chunk, read, names, size, path, offset = task
    pixels = np.zeros((len(names), size, size, 3), "uint8")
    left_out = []
    for index, name in enumerate(names):
        try:
            pixels[index] = read(name, size)
        except FaceganError as error:
            left_out.append((index, str(error)))
    with open(path, "rb+") as file:
        file.seek(offset)
        file.write(pixels.tobytes())
        file.flush()
        os.fsync(file.fileno())
    return chunk, left_out


def _leave_out_duplicates(job: _Job) -> None:
    """Finds near-duplicates among joined sources and logs them before rows move.

    Faces within a split of one source are not compared, nor are drawn faces, which all look alike without being
    duplicates. Edited copies are meant to resemble their originals; they are not a joined source.
    """
    done, source = job.done(), job.source
    if source.description.get("kind") != JOINED or DUPLICATES in done:
        return
    shape = (len(source.names), job.size, job.size, 3)
    faces = np.memmap(job.faces, "uint8", "r", len(job.header(len(source.names))), shape)
    unread = {row for rows in done.values() for row, _ in rows}
    is_drawn = np.array([each["kind"] == DRAWN for each in source.description["sources"]])
    readable = np.setdiff1d(np.flatnonzero(~is_drawn[source.origins]), list(unread))
    thumbs = thumbnails(faces)[readable]
    assert source.partition is not None and source.identities is not None and source.origins is not None
    groups = source.origins * len(SPLITS) + source.partition
    pairs = readable[near_duplicates(thumbs, groups[readable])]
    left_out = to_leave_out(pairs, source.origins, source.partition, source.identities, source.names)
    with open(job.log, "a", encoding="utf-8") as log:
        log.write(json.dumps({"chunk": DUPLICATES, "left_out": left_out}) + "\n")


def _finish(job: _Job) -> None:
    """Closes the gaps that left-out faces leave, and writes the other files; `prepared.json` comes last."""
    source = job.source
    gaps = sorted((row, reason) for rows in job.done().values() for row, reason in rows)
    rows = _close_gaps(job, gaps)
    identities, partition, known, origins = (
        None if array is None else array[rows]
        for array in (source.identities, source.partition, source.known, source.origins)
    )
    splits = split(len(rows), identities, partition, job.seed)
    left_out = list(source.left_out) + [(source.names[row], reason) for row, reason in gaps]
    if too_small := sum(TOO_SMALL in reason for _, reason in gaps):
        what = f"left out because they would be enlarged more than {LARGEST_ENLARGEMENT:g} times"
        logger.warning("too small for %dx%d and %s: %d", job.size, job.size, what, too_small)

    arrays = {"labels": source.labels[rows], "split": splits}
    arrays |= {"identities": identities, "known": known, "origins": origins}
    for name, array in arrays.items():
        if array is not None:
            np.save(job.partial / f"{name}.npy", array)
    write_names(job.partial, [source.names[row] for row in rows])
    with open(job.partial / "left_out.csv", "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([("name", "reason"), *left_out])
    _write_json(
        job.partial / "prepared.json",
        job.description()
        | {
            "columns": list(source.columns),
            "count": len(rows),
            "split": split_rule(identities, partition) if source.origins is None else "within each source",
            "splits": {name: int((splits == index).sum()) for index, name in enumerate(SPLITS)},
            "left_out": len(left_out),
        },
    )


def _close_gaps(job: _Job, left_out: list[tuple[int, str]]) -> np.ndarray:
    """Moves the last faces of `faces.npy` into the gaps and cuts the file.

    No row is both read and written, so this can be interrupted and repeated; a truncated file has no gaps.

    Returns:
        `(count,)` int, the row of the source that each row of the file now holds.
    """
    total, gaps = len(job.source.names), [row for row, _ in left_out]
    count = total - len(gaps)
    if count == 0:
        reason = left_out[0][1]
        raise FaceganError(f"none of the images can be used; {reason}; delete {job.partial}")
    rows = np.arange(count)
    open_rows = [row for row in gaps if row < count]
    rows[open_rows] = np.setdiff1d(np.arange(count, total), gaps)
    header = job.header(count)
    length = len(header) + count * job.row_bytes
    if job.faces.stat().st_size > length:
        # Not np.load: if this was interrupted just before truncation, the header already has the smaller number.
        faces = np.memmap(job.faces, "uint8", "r+", len(header), (total, job.row_bytes))
        for row in open_rows:
            faces[row] = faces[rows[row]]
        faces.flush()
        del faces
        with open(job.faces, "rb+") as file:
            file.write(header)
            file.truncate(length)
    return rows


def _write_json(path: Path, content: dict[str, Any]) -> None:
    """Writes the file whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.write_text(json.dumps(content, indent=2) + "\n", "utf-8")
    new.replace(path)
