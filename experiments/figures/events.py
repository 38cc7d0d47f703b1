"""Reads the TensorBoard event files of a run."""

import io

from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import IMAGES, SCALARS, EventAccumulator


class Events:
    """Scalars and images of a run, including resumed parts.

    Args:
        run: the run's folder, with `logs` in it.
    """

    def __init__(self, run):
        self._events = EventAccumulator(str(run / "logs"), size_guidance={SCALARS: 0, IMAGES: 0}).Reload()

    def scalars(self, tag):
        """`(steps, values)`."""
        found = self._events.Scalars(tag)
        return [each.step for each in found], [each.value for each in found]

    def picture(self, tag, step):
        """The last image that was logged up to a step, as a PIL image."""
        found = [each for each in self._events.Images(tag) if each.step <= step]
        return Image.open(io.BytesIO(found[-1].encoded_image_string))

    def picture_steps(self, tag):
        return [each.step for each in self._events.Images(tag)]
