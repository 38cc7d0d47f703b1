"""A wish, parsed once: what to change, how strongly, and what the faces have at present."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from facegan.attributes import Attributes

# Attributes with their values: "female, glasses=1", or a dictionary.
Wishes = str | Mapping[str, Any]


@dataclass(frozen=True)
class Edit:
    """An edit of faces, or the description of faces to generate.

    Attributes:
        wishes: `{attribute: value}`, what the faces are to have.
        strength: 0 changes nothing, 1 is what the model learned, larger values exaggerate.
        source: `{attribute: value}`, what the faces have at present, as far as it is known.
        force: whether to change even faces that the model is sure to have what is wished for.
    """

    wishes: Mapping[str, str] = field(default_factory=dict)
    strength: float = 1.0
    source: Mapping[str, str] = field(default_factory=dict)
    force: bool = False

    @classmethod
    def parse(
        cls,
        attributes: Attributes,
        *wishes: Wishes,
        strength: float = 1.0,
        source: Wishes = "",
        force: bool = False,
    ) -> Self:
        """Parses wishes that may be texts or dictionaries.

        Raises:
            FaceganError: an unknown attribute or value, or two values for one attribute.

        Example:
        >>> Edit.parse(Attributes(), "glasses=1", {"hair": "blonde"})
        Edit(wishes={'glasses': '1', 'hair': 'blond'}, strength=1.0, source={}, force=False)
        """
        present = attributes.parse(source)
        attributes.check_absolute(present)
        return cls(attributes.parse(*wishes), strength, present, force)

    def at(self, strengths: Iterable[float]) -> list[Self]:
        """Returns this edit at each of several strengths."""
        return [replace(self, strength=strength) for strength in strengths]

    def with_wishes(self, wishes: Mapping[str, str]) -> Self:
        """Returns this edit with further wishes; for an attribute in both, the further one counts."""
        return replace(self, wishes={**self.wishes, **wishes})

    def __str__(self) -> str:
        return as_text(self.wishes)


def as_text(wishes: Mapping[str, str]) -> str:
    """Returns wishes as `Attributes.parse` reads them: `"glasses=1, hair=blond"`."""
    return ", ".join(f"{name}={value}" for name, value in wishes.items())
