"""The plan of a run: the settings that determine it together with its data, and its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from facegan.attributes import Attributes, columns_with, usual_names
from facegan.data.prepared import PreparedFaces
from facegan.errors import FaceganError
from facegan.model_files import describe
from facegan.models.precision import choose_precision
from facegan.recipe import Recipe, find_recipe


@dataclass(frozen=True)
class Settings:
    """The settings that determine a run together with its data; they stay the same when it is resumed.

    Attributes:
        recipe: how the model is built and trained.
        attributes: names.
        precision: `"float32"` or `"bfloat16"`.
        seed: of weights, order, noise and wishes.
        grow: whether the model grows from one of half the size.
    """

    recipe: Recipe
    attributes: tuple[str, ...]
    precision: str
    seed: int
    grow: bool = False

    @property
    def batch_size(self) -> int:
        """The number of photos in a step, which is the recipe's."""
        return self.recipe.batch_size

    @classmethod
    def defaults(cls, recipe: Recipe | None = None, start: str | Path | None = None, grow: bool = False) -> Self:
        """Returns the default settings of a run; attributes are empty unless it starts from a model.

        Args:
            recipe: by default that of the model to start from, or `celeba128`.
            start: the model to start from, if any.
            grow: whether that one is of half the size; its recipe is then taken with one more stage.

        Raises:
            FaceganError: a model is to grow and there is none to start from.
        """
        if grow and start is None:
            raise FaceganError("growing needs a trained model of half the size; name it with --from")
        described = None if start is None else describe(start)
        if recipe is None:
            recipe = Recipe.from_dict(described["recipe"]) if described else find_recipe("celeba128")
            recipe = recipe.with_filters(max(1, recipe.networks.encoder.filters // 2)) if grow else recipe
        names = described["attribute_names"] if described else ()
        return cls(recipe, tuple(names), choose_precision("auto"), 0, grow)

    def given(
        self,
        columns: Sequence[str],
        attributes: Sequence[str] | None = None,
        *,
        recipe: Recipe | None = None,
        batch_size: int | None = None,
        precision: str | None = None,
        seed: int | None = None,
    ) -> Self:
        """Returns these settings with the given values; None keeps a value.

        Args:
            columns: the label columns of the data.
            attributes: names of attributes and label columns, case-insensitive; by default these settings' or, if they
                have none, `usual_names` of the data. Attributes that these settings already have come first.
            recipe: as the attribute.
            batch_size: photos in a step, instead of the recipe's.
            precision: as the attribute, or `"auto"`.
            seed: as the attribute.

        Raises:
            FaceganError: an unknown attribute.
        """
        names = attributes or self.attributes or usual_names(columns)
        names = Attributes(names, columns_with(columns, self.attributes)).names
        known = [name for name in self.attributes if name in names]
        recipe = recipe or self.recipe
        return replace(
            self,
            recipe=replace(recipe, batch_size=batch_size) if batch_size else recipe,
            attributes=(*known, *(name for name in names if name not in known)),
            precision=choose_precision(precision) if precision else self.precision,
            seed=self.seed if seed is None else seed,
        )

    def to_dict(self) -> dict[str, Any]:
        """The settings as plain values, for JSON."""
        return {**vars(self), "recipe": self.recipe.to_dict(), "attributes": list(self.attributes)}

    def hyperparameters(self) -> dict[str, bool | float | str]:
        """The settings as `{"recipe.networks.encoder.dropout": 0.0}`; lists are text."""
        return dict(_single_values(self.to_dict()))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The settings that `to_dict` described."""
        recipe = Recipe.from_dict(values["recipe"])
        return cls(**{**values, "recipe": recipe, "attributes": tuple(values["attributes"])})


def _single_values(values: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, bool | float | str]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _single_values(value, f"{path}{key}.")
        else:
            yield path + key, ", ".join(map(str, value)) if isinstance(value, list) else value


@dataclass(frozen=True)
class Plan:
    """The folder and the steps of a run.

    Attributes:
        out: the run's folder.
        batch_size: photos in a step.
        steps_per_epoch: full batches in an epoch.
        first_step: the number of steps completed before.
        last_step: the number of steps at the end.
    """

    out: Path
    batch_size: int
    steps_per_epoch: int
    first_step: int
    last_step: int


def learnt_attributes(settings: Settings, start: str | Path | None) -> tuple[str, ...]:
    """Returns the names of the attributes that the attribute finder of the model to start from predicts."""
    if start is None or settings.grow:
        return ()
    described = describe(start)
    own, theirs = settings.recipe.attribute_finder, Recipe.from_dict(described["recipe"]).attribute_finder
    return tuple(described["attribute_names"]) if own and theirs and own.backbone == theirs.backbone else ()


def steps_per_epoch(faces: PreparedFaces, settings: Settings, learnt: Sequence[str] = ()) -> int:
    """Returns the number of steps in one pass over the training split.

    Args:
        faces: the data.
        settings: of the run.
        learnt: attributes that need no labels.

    Raises:
        FaceganError: there are too few training photos for a batch, or they have a single value of an attribute.
    """
    faces.check_trainable(Attributes(settings.attributes, faces.columns), learnt)
    count = len(faces.split("train"))
    if count < settings.batch_size:
        raise FaceganError(
            f"{faces.path} has {count} training photos, fewer than a batch of {settings.batch_size}; lower --batch-size"
        )
    return count // settings.batch_size
