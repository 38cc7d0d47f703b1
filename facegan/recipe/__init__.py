"""Recipes: how networks are built and trained, composed of small parts that are checked where they are made."""

from facegan.recipe.presets import RECIPES, find_recipe
from facegan.recipe.recipe import Recipe

__all__ = ["RECIPES", "Recipe", "find_recipe"]
