"""The edits to make and how to show them: the options of `facegan edit`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from facegan.attributes import Attributes
from facegan.edits import Edit, as_text


@dataclass(frozen=True)
class Request:
    """Edits of images, and how to show them.

    Attributes:
        edits: the edits, each a column of a sheet, a frame of an animation or a file. All have the same source.
        provenance: the entry about the edits in the provenance of the images.
        rows: further edits, each added to every edit in a row of the sheet; more than one only in a grid.
        is_grid: whether this is a grid of all values.
        which: the faces of a photo, as for `select_faces`.
        compare: whether to show each photo next to the edited one.
        faces_only: whether to write only the faces of photos.
        aligned: whether the images are aligned faces; None to detect this.
    """

    edits: Sequence[Edit]
    provenance: dict[str, Any]
    rows: Sequence[Edit] = (Edit(),)
    is_grid: bool = False
    which: int | str | None = None
    compare: bool = False
    faces_only: bool = False
    aligned: bool | None = None

    @classmethod
    def strip(cls, edit: Edit, strengths: Sequence[float] = (1.0,), **options: Any) -> Self:
        """The same edit at one strength or several."""
        provenance = {"set": str(edit), "strength": list(strengths), "from": as_text(edit.source) or None}
        return cls([replace(edit, strength=strength) for strength in strengths], provenance, **options)

    @classmethod
    def grid(cls, attributes: Attributes, names: Sequence[str], edit: Edit, **options: Any) -> Self:
        """A column for every value of one attribute; with a second attribute, also a row for each of its values.

        Args:
            attributes: the model's.
            names: the names of one or two attributes.
            edit: the strength and the source of every edit; without wishes.
            **options: other fields.

        Raises:
            FaceganError: an attribute that the model does not have.
        """
        items = [attributes.find(name) for name in names]
        columns, *others = [[Edit({item.name: value}) for value in item.editable_values] for item in items]
        rows = others[0] if others else (Edit(),)
        provenance = {"grid": list(names), "strength": edit.strength, "from": as_text(edit.source) or None}
        return cls([edit.then(column) for column in columns], provenance, rows, True, **options)
