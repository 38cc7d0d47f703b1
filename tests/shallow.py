"""A backbone with one block in each stage, `"shallow"`: with more, tests only take longer to build and compile it."""

from facegan.features.efficientnet import VARIANTS
from facegan.recipe.objective import AttributeFinder, FeatureCritic

VARIANTS["shallow"] = (1.0, 0.2)
for part in (AttributeFinder, FeatureCritic):
    field = part.__dataclass_fields__["backbone"]
    field.metadata = {**field.metadata, "choices": (*field.metadata["choices"], "shallow")}
