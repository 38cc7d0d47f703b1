"""`facegan info`."""

from pathlib import Path

import click

from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH


@click.command(cls=ResultCommand)
@click.argument("model", type=PATH, required=False)
def info(model: Path | None) -> Result:
    """Prints the attributes, data, recipe and training history of a MODEL.

    \b
    Examples:
      facegan info celeba128
      facegan info run/model.keras
    """
    from facegan.model_files import describe, find_model
    from facegan.recipe import Recipe
    from facegan.recipe.toml import write_recipe

    described = describe(model)
    record = described["record"]
    data, settings, history = record["data"], record["settings"], record["history"]
    splits = ", ".join(f"{count:,} {split}" for split, count in data["splits"].items())
    size = described["image_size"]
    lines = [f"{find_model(model)}: {described['recipe']['name']}, {size}x{size} pixels"]
    card = find_model(model).with_suffix(".md")
    if card.exists():
        lines.append(f"card         {card}: its intended use, strengths and weaknesses")
    lines.append(f"attributes   {', '.join(described['attribute_names'])}")
    lines.append(f"data         {data['source']['name']}: {splits}")
    lines.append(f"terms        {data['source']['terms']}")
    batches = f"batches of {described['recipe']['batch_size']}"
    lines.append(f"settings     {settings['precision']}, {batches}, seed {settings['seed']}")
    before = record.get("images_before")
    after = f", after {before:,} of the model it was started from" if before else ""
    lines.append(f"images seen  {record['images_seen']:,}{after}")
    lines += [f"  {line}" for line in write_recipe(Recipe.from_dict(described["recipe"])).splitlines() if line]
    if history:
        lines.append("history      images, images per second, mean losses")
    for epoch in history:
        losses = "  ".join(f"{name} {value:.3f}" for name, value in epoch["losses"].items() if "/" not in name)
        lines.append(f"  {epoch['images']:>10,}  {epoch['images_per_second']:>7}  {losses}")
    return Result({"file": find_model(model), **described}, lines)
