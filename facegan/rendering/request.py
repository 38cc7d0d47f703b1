"""What to do with images, as the options of `facegan edit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from facegan.attributes import Attributes
from facegan.edits import Edit, as_text


@dataclass(frozen=True)
class Request:
    """Edits of images, and how to show them.

    Attributes:
        edits: a column of a sheet, a frame of an animation or a file for each. All have the same source.
        provenance: the entry about the edits in the provenance of the images.
        rows: wishes to add to every edit, a row of the sheet for each; more than one only in a grid.
        is_grid: whether this is a grid of all values.
        which: of a photo's faces, as for `select_faces`.
        compare: whether to put each photo as it was beside the edited one.
        faces_only: whether to write the faces of photos alone.
        aligned: whether the images are aligned faces; None to find out.
    """

    edits: Sequence[Edit]
    provenance: dict[str, Any]
    rows: Sequence[Mapping[str, str]] = ({},)
    is_grid: bool = False
    which: int | str | None = None
    compare: bool = False
    faces_only: bool = False
    aligned: bool | None = None

    @classmethod
    def strip(cls, edit: Edit, strengths: Sequence[float] = (1.0,), **options: Any) -> Self:
        """The same edit at one strength or several."""
        provenance = {"set": str(edit), "strength": list(strengths), "from": as_text(edit.source) or None}
        return cls(edit.at(strengths), provenance, **options)

    @classmethod
    def grid(cls, attributes: Attributes, names: Sequence[str], edit: Edit, **options: Any) -> Self:
        """Every value of one attribute in columns; with a second one, also a row for each of its values.

        Args:
            attributes: the model's.
            names: of one attribute or two.
            edit: the strength of every edit, and the faces' present attributes; without wishes.
            **options: other fields.

        Raises:
            FaceganError: an attribute that the model does not know.
        """
        columns, *others = [attributes.wishes_of(name) for name in names]
        rows = others[0] if others else ({},)
        provenance = {"grid": list(names), "strength": edit.strength, "from": as_text(edit.source) or None}
        return cls([edit.with_wishes(wishes) for wishes in columns], provenance, rows, True, **options)
