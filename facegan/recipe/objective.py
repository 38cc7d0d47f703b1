"""The objective: the losses of the networks and their weights."""

from dataclasses import dataclass
from typing import ClassVar

from facegan.errors import FaceganError
from facegan.recipe.part import Part, choice, number, part


@dataclass(frozen=True)
class PaperObjective(Part):
    """Formulas 1 to 8 of the paper; score and match are bounded by a sigmoid.

    Attributes:
        gradient_penalty: weight of WGAN-GP's penalty (Gulrajani et al. 2017).
        reconstruction: the paper's lambda, in formulas 6 and 8.
    """

    kind: ClassVar[str] = "paper"

    gradient_penalty: float = number(10.0, above=0)
    reconstruction: float = number(0.2, 0)


@dataclass(frozen=True)
class DiscriminatorWeights(Part):
    """Weights of the discriminator's loss terms, relative to its Wasserstein distance.

    Attributes:
        match: cross-entropy of the label columns of real photos (AttGAN, He et al. 2019).
        gradient_penalty: WGAN-GP's penalty.
    """

    match: float = number(10.0, above=0)
    gradient_penalty: float = number(10.0, above=0)


@dataclass(frozen=True)
class GeneratorWeights(Part):
    """Weights of the generator's loss terms, relative to the critic's score.

    Attributes:
        match: cross-entropy of the condition's columns.
    """

    match: float = number(5.0, above=0)


@dataclass(frozen=True)
class EditorWeights(Part):
    """Weights of the editor's loss.

    Attributes:
        adversarial: the critic's score.
        match: cross-entropy of the columns to be changed.
        margin: the target of each classifier's logit, beyond agreement. A classifier that did not train the editor
            responds less to the same edit.
        preservation: the loss of columns that should stay as they are.
        preservation_target: the target for these columns: the `"label"` (AttGAN), or the `"prediction"` for the photo,
            which is refused if `preservation` is 0, because it would have no effect.
        reconstruction: the mean absolute difference from the photo.
    """

    adversarial: float = number(1.0, 0)
    match: float = number(80.0, above=0)
    margin: float = number(0.0, 0)
    preservation: float = number(80.0, 0)
    preservation_target: str = choice("label", "prediction")
    reconstruction: float = number(30.0, 0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.preservation and self.preservation_target != "label":
            target = repr(self.preservation_target)
            raise FaceganError(f"preservation_target has no effect while preservation is 0. Received: {target}")


@dataclass(frozen=True)
class WassersteinObjective(Part):
    """An unbounded critic (WGAN-GP) and a cross-entropy for each label column (AttGAN).

    Attributes:
        discriminator: weights of the discriminator's loss.
        generator: weights of the generator's loss.
        editor: weights of the editor's loss.
    """

    kind: ClassVar[str] = "wasserstein"

    discriminator: DiscriminatorWeights = part(DiscriminatorWeights(), DiscriminatorWeights)
    generator: GeneratorWeights = part(GeneratorWeights(), GeneratorWeights)
    editor: EditorWeights = part(EditorWeights(), EditorWeights)


@dataclass(frozen=True)
class FeatureCritic(Part):
    """A second critic, on frozen ImageNet features (Projected GANs, Sauer et al. 2021). It also classifies attributes.

    Attributes:
        backbone: the EfficientNet-lite whose features it scores; not lite2, which is the judge's.
        filters: the number of filters in its heads.
        generator, editor: the weight of its score in their losses; one of them is greater than 0.
        perceptual: the weight of the distance between the features of a photo and those of its edit.
        learning_rate: Adam's learning rate.
    """

    backbone: str = choice("lite1", "lite0")
    filters: int = number(64, 1, 512)
    generator: float = number(1.0, 0)
    editor: float = number(1.0, 0)
    perceptual: float = number(1.0, 0)
    learning_rate: float = number(2e-4, above=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.generator and not self.editor:
            raise FaceganError("generator and editor cannot both be 0: no network would learn from the critic's score")


@dataclass(frozen=True)
class AttributeFinder(Part):
    """A classifier of the attributes, fine-tuned from ImageNet before the GAN begins and frozen from then on.

    Its predictions train generator and editor, and an edit uses it to find a photo's attributes.

    Attributes:
        backbone: the EfficientNet-lite that it starts from; not lite2, which is the judge's.
        images: the number of photos for fine-tuning, counting repetitions; at least one batch.
        batch_size: photos in a step of the fine-tuning.
        learning_rate: AdamW's peak learning rate.
    """

    backbone: str = choice("lite0", "lite1")
    images: int = number(100_000, 1)
    batch_size: int = number(64, 1)
    learning_rate: float = number(5e-4, above=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.images < self.batch_size:
            raise FaceganError(f"images must be at least batch_size, {self.batch_size}. Received: {self.images!r}")
