"""The architecture of the networks. Image size and attributes are determined by the data."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from facegan.errors import FaceganError
from facegan.recipe.part import Part, choice, number, numbers, part, switch

# The height and width of the smallest feature maps.
BOTTOM_SIZE = 4


@dataclass(frozen=True)
class Encoder(Part):
    """The encoder that critic and editor share: strided convolutions down to 4x4, five of them for 128 pixels.

    Attributes:
        filters: filters of the first stage; each further stage has twice as many, up to `max_filters`.
        max_filters: the maximum number of filters. Images may be too small for a stage to reach it.
        kernel_size: the kernel size of every convolution.
        normalise_first: whether instance normalisation also follows the first convolution. It removes the mean and
            with it any pattern that repeats with the stride, so that the critic cannot detect checkerboard artifacts.
        dropout: the dropout rate after each stage.
    """

    filters: int = number(64, 1, 1024)
    max_filters: int = number(512, 1, 2048)
    kernel_size: int = number(5, 1, 15)
    normalise_first: bool = switch(True)
    dropout: float = number(0.25, 0, 0.9)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_filters < self.filters:
            raise FaceganError(f"max_filters must be at least filters, {self.filters}. Received: {self.max_filters!r}")

    def stage_filters(self, image_size: int) -> list[int]:
        """Filters of each stage from the image down to 4x4: for `paper` at 128, `[64, 128, 256, 512, 512]`."""
        stages = int(math.log2(image_size // BOTTOM_SIZE))
        return [min(self.filters * 2**stage, self.max_filters) for stage in range(stages)]


@dataclass(frozen=True)
class Decoder(Part):
    """How a decoder enlarges its feature maps; generator and editor each have one, with separate weights.

    Attributes:
        upsampling: `"transposed"` convolutions, or `"nearest"` neighbours followed by a 3x3 convolution, which cannot
            produce checkerboard artifacts (Odena et al. 2016).
        conditioning: `"concatenation"` of the condition as constant channels, or `"film"`, a learnt scale and shift of
            each channel (Perez et al. 2018).
    """

    upsampling: str = choice("transposed", "nearest")
    conditioning: str = choice("concatenation", "film")


@dataclass(frozen=True)
class DecoderGenerator(Part):
    """The paper's generator: a dense layer from noise and condition to 4x4, then a decoder as wide as the encoder.

    Attributes:
        noise_size: length of the noise.
    """

    kind: ClassVar[str] = "decoder"

    noise_size: int = number(100, 1, 1024)


@dataclass(frozen=True)
class ModulatedGenerator(Part):
    """A generator whose convolutions are modulated by a mapping of noise and condition (StyleGAN2, Karras et al. 2020).

    Attributes:
        noise_size: length of the noise.
        latent_size: length of the mapping's result.
        filters: at 4x4, 8x8 and so on. The last one also serves all larger sizes; a small image needs only the first.
    """

    kind: ClassVar[str] = "modulated"

    noise_size: int = number(128, 1, 1024)
    latent_size: int = number(256, 1, 1024)
    filters: tuple = numbers(256, 256, 256, 128, 64, 32)


@dataclass(frozen=True)
class Editor(Part):
    """The U-Net on the shared encoder.

    Attributes:
        output: `"image"`: the editor receives the target attributes and predicts an image (the paper); `"residual"`:
            it receives the difference of attributes (STGAN, Liu et al. 2019) and predicts a residual that is added to
            the photo; `"gain_and_residual"`: also a gain that multiplies the photo, so that the rims of glasses can be
            faded out.
        residual_blocks: the number of residual blocks at the bottom.
    """

    output: str = choice("image", "residual", "gain_and_residual")
    residual_blocks: int = number(2, 0, 64)


@dataclass(frozen=True)
class Networks(Part):
    """All networks of a model.

    Attributes:
        encoder: shared by critic and editor.
        decoder: used by a `DecoderGenerator` and by the editor.
        generator: `DecoderGenerator` or `ModulatedGenerator`.
        editor: the U-Net.
    """

    encoder: Encoder = part(Encoder(), Encoder)
    decoder: Decoder = part(Decoder(), Decoder)
    generator: DecoderGenerator | ModulatedGenerator = part(DecoderGenerator(), DecoderGenerator, ModulatedGenerator)
    editor: Editor = part(Editor(), Editor)

    def fewest_weights(self, image_size: int) -> int:
        """A lower bound of the number of weights: those of the convolutions between stages.

        >>> Networks().fewest_weights(128)
        20291584
        """
        filters = self.encoder.stage_filters(image_size)
        count = self.encoder.kernel_size**2 * _products(filters)
        count += self.editor.residual_blocks * 2 * 9 * filters[-1] ** 2
        if isinstance(self.generator, ModulatedGenerator):
            count += 9 * _products(self.generator.filters[: len(filters)])
        return count


def _products(filters: Sequence[int]) -> int:
    """The sum of the products of neighbouring numbers."""
    return sum(before * after for before, after in itertools.pairwise(filters))
