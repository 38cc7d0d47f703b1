"""Augmentation of images before a network receives them: each kind is an object that changes a batch."""

from facegan.augment.augmentation import Augmentation
from facegan.augment.differentiable import DifferentiableAugmentation
from facegan.augment.mirror import Mirror
from facegan.recipe import Recipe

__all__ = ["Augmentation", "DifferentiableAugmentation", "Mirror", "augmentations_of"]


def augmentations_of(recipe: Recipe) -> tuple[Augmentation, ...]:
    """The augmentations of a recipe, in the order in which they change a batch.

    >>> from facegan.recipe import find_recipe
    >>> [type(augmentation).__name__ for augmentation in augmentations_of(find_recipe("celeba128"))]
    ['Mirror', 'DifferentiableAugmentation']
    """
    mirror = (Mirror(),) if recipe.sampling.mirror else ()
    on_features = (DifferentiableAugmentation(),) if recipe.feature_critic or recipe.attribute_finder else ()
    return (*mirror, *on_features)
