"""`facegan recipe`."""

import click

from facegan.cli.result import Result, ResultCommand


@click.command(cls=ResultCommand)
@click.argument("name")
def recipe(name: str) -> Result:
    """Prints the recipe NAME (paper, tiny, celeba128 or celeba256) as TOML, as a starting point for your own.

    \b
    Examples:
      facegan recipe celeba128 > mine.toml
      facegan recipe paper
    """
    from facegan.recipe import find_recipe
    from facegan.recipe.toml import write_recipe

    found = find_recipe(name)
    return Result(found.to_dict(), write_recipe(found).splitlines())
