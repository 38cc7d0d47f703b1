"""TensorBoard event files, written with tensorboard alone: TensorFlow is not needed."""

import io
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.metadata import create_summary_metadata
from tensorboard.summary.writer.record_writer import RecordWriter

from facegan.files import write_error


class EventWriter:
    """Appends to a new event file in `folder`.

    Args:
        folder: created if it is missing.
        first_step: the step at which the run starts or resumes. TensorBoard drops later events of an interrupted run.
    """

    def __init__(self, folder: Path, first_step: int = 0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Instead of the host's name, which is private.
        name = f"events.out.tfevents.{time.time():.6f}.facegan.{os.getpid()}"
        # Open during the whole run.
        self._file = open(folder / name, "wb")  # noqa: SIM115
        self._records = RecordWriter(self._file)
        self._write(file_version="brain.Event:2")
        if first_step:
            self._write(step=first_step, session_log=SessionLog(status=SessionLog.START))

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Writes `{tag: number}`."""
        self._write(step=step, summary=Summary(value=[Summary.Value(tag=t, simple_value=v) for t, v in values.items()]))

    def image(self, step: int, tag: str, image: Image.Image) -> None:
        """Writes an image."""
        encoded = io.BytesIO()
        image.save(encoded, "PNG")
        summary_image = Summary.Image(
            width=image.width, height=image.height, colorspace=3, encoded_image_string=encoded.getvalue()
        )
        self._write(step=step, summary=Summary(value=[Summary.Value(tag=tag, image=summary_image)]))

    def text(self, step: int, tag: str, text: str) -> None:
        """Writes a text, in Markdown."""
        tensor = TensorProto(dtype=DT_STRING, string_val=[text.encode()])
        value = Summary.Value(tag=tag, tensor=tensor, metadata=create_summary_metadata(tag, ""))
        self._write(step=step, summary=Summary(value=[value]))

    def hyperparameters(self, values: Mapping[str, bool | float | str]) -> None:
        """Writes the run's row of the table of hyperparameters."""
        self._write(summary=hparams_pb(dict(values)))

    def close(self) -> None:
        self._file.close()

    def _write(self, **fields: Any) -> None:
        whole = self._file.tell()
        try:
            self._records.write(Event(wall_time=time.time(), **fields).SerializeToString())
            self._file.flush()
        except OSError as error:
            with suppress(OSError):
                self._file.close()
            # So that no reader finds half an event.
            os.truncate(self._file.name, whole)
            raise write_error(self._file.name, error) from error
