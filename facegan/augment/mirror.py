"""Mirroring of half of the photos; a mirrored face has the same attributes."""

import numpy as np

from facegan.augment.augmentation import Augmentation, Batch


class Mirror(Augmentation):
    """Mirrors each photo with a probability of one half."""

    stream = 5

    def changed(self, batch: Batch, random: np.random.Generator) -> dict[str, np.ndarray]:
        """`images`, of the same shape and type."""
        images = batch["images"]
        mirrored = random.random(len(images)) < 0.5
        copy = np.array(images, order="C")
        # Moved as wholes, pixels take a fifth of the time that their channels take one by one.
        pixels = copy.view(f"V{copy.itemsize * copy.shape[-1]}")[..., 0]
        pixels[mirrored] = pixels[mirrored, :, ::-1]
        return {"images": copy}
