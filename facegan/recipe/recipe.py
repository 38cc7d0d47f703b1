"""A recipe: everything that determines a training run apart from the data, the seed and the precision."""

from dataclasses import dataclass, replace
from typing import Self

from facegan.errors import FaceganError
from facegan.recipe.networks import Networks
from facegan.recipe.objective import AttributeFinder, FeatureCritic, PaperObjective, WassersteinObjective
from facegan.recipe.part import Part, number, part, switch


@dataclass(frozen=True)
class Sampling(Part):
    """The photos that a step trains on.

    Attributes:
        balanced: whether every value of every attribute is drawn equally often; otherwise every photo is drawn once per
            epoch, and rare values, such as glasses, are hardly ever edited.
        mirror: whether half of the photos are mirrored.
    """

    balanced: bool = switch(False)
    mirror: bool = switch(False)


@dataclass(frozen=True)
class Optimizers(Part):
    """Adam, with a learning rate for each network.

    Attributes:
        discriminator, generator, editor: learning rates. The shared encoder is the discriminator's.
        beta_1, beta_2: Adam's coefficients.
        ema_decay: the decay of the moving average of the weights, which is used for all images outside training.
    """

    discriminator: float = number(1e-4, above=0)
    generator: float = number(1e-4, above=0)
    editor: float = number(2e-4, above=0)
    beta_1: float = number(0.5, 0, 0.9999)
    beta_2: float = number(0.9, 0, 0.99999)
    ema_decay: float = number(0.999, 0, 0.999999)


@dataclass(frozen=True)
class Recipe(Part):
    """How a model is built and trained. The recipe that a model was trained with is saved inside it.

    Attributes:
        name: the recipe's name.
        networks: the architecture.
        sampling: the photos that a step trains on.
        objective: `PaperObjective` or `WassersteinObjective`.
        feature_critic: a second critic on ImageNet features, or None.
        attribute_finder: a pretrained classifier of the attributes, or None to use the discriminator's match head.
        optimizers: learning rates.
        batch_size: photos in a step.
        epochs: passes over the training photos.

    Raises:
        FaceganError: a part that would have no effect.
    """

    name: str
    networks: Networks = part(Networks(), Networks)
    sampling: Sampling = part(Sampling(), Sampling)
    objective: PaperObjective | WassersteinObjective = part(PaperObjective(), PaperObjective, WassersteinObjective)
    feature_critic: FeatureCritic | None = part(None, FeatureCritic)
    attribute_finder: AttributeFinder | None = part(None, AttributeFinder)
    optimizers: Optimizers = part(Optimizers(), Optimizers)
    batch_size: int = number(32, 1)
    epochs: int = number(15, 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.objective, PaperObjective):
            for name in ("feature_critic", "attribute_finder"):
                if getattr(self, name) is not None:
                    raise FaceganError(f"{name} has no effect with the paper's objective; leave it out")

    def with_filters(self, filters: int) -> Self:
        """The same recipe with another number of filters in the encoder's first stage.

        With half of them, a model of twice the size has the stages of this one and one more, next to the image; with
        twice as many, a model of half the size lacks that stage.
        """
        encoder = replace(self.networks.encoder, filters=filters)
        return replace(self, networks=replace(self.networks, encoder=encoder))
