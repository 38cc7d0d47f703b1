"""Recipes: how networks are built and trained, composed of small parts that validate their values."""

from facegan.recipe.presets import RECIPES, find_recipe
from facegan.recipe.recipe import Recipe

__all__ = ["RECIPES", "Recipe", "find_recipe"]
