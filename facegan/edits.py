"""A requested edit, parsed once: what to change, how strongly, and the source attributes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from facegan.attributes import Attributes, merge_wishes
from facegan.errors import FaceganError

# Attributes with their values: "female, glasses=1", or a dictionary.
Wishes = str | Mapping[str, Any]
# A wish with its own strength: "glasses=1:1.5".
_WITH_STRENGTH = re.compile(r"(.+?)\s*:\s*([-+]?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True)
class Edit:
    """An edit of faces, or the description of faces to generate.

    Attributes:
        wishes: `{attribute: value}`, the requested attributes.
        strength: 0 changes nothing, 1 is the change that the model learned, larger values exaggerate it.
        source: `{attribute: value}`, the attributes before the edit, as far as they are known.
        force: whether to edit even faces that have the requested attributes already, according to the model.
        strengths: `{attribute: strength}` for wishes with their own strength, which multiplies `strength`.
    """

    wishes: Mapping[str, str] = field(default_factory=dict)
    strength: float = 1.0
    source: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    strengths: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def parse(
        cls, attributes: Attributes, *wishes: Wishes, strength: float = 1.0, source: Wishes = "", force: bool = False
    ) -> Self:
        """Parses texts or dictionaries. In a text, each wish may have its own strength: `"glasses=1:1.5"`.

        Raises:
            FaceganError: an unknown attribute or value, two values for one attribute, or a wish's own strength that is
                not finite.

        Example:
        >>> edit = Edit.parse(Attributes(), "glasses=1:1.5", {"hair": "blonde"})
        >>> edit.wishes, edit.strengths
        ({'glasses': '1', 'hair': 'blond'}, {'glasses': 1.5})
        """
        present = attributes.parse(source)
        attributes.check_absolute(present)
        read: list[tuple[str, str]] = []
        strengths: dict[str, float] = {}
        for wish in wishes:
            for part in wish.split(",") if isinstance(wish, str) else [wish]:
                found = _WITH_STRENGTH.fullmatch(part.strip()) if isinstance(part, str) else None
                single = attributes.parse(found[1] if found else part)
                read += single.items()
                if found:
                    strengths |= dict.fromkeys(single, float(found[2]))
        for name, own in strengths.items():
            if not np.isfinite(own):
                raise FaceganError(f"the strength of '{name}' must be finite. Received: {own}")
        return cls(merge_wishes(read), strength, present, force, strengths)

    def then(self, later: "Edit") -> Self:
        """Returns both edits as one; where both set an attribute, the later one counts."""
        kept = {name: value for name, value in self.strengths.items() if name not in later.wishes}
        return replace(self, wishes={**self.wishes, **later.wishes}, strengths={**kept, **later.strengths})

    def __str__(self) -> str:
        """Returns wishes and strengths as `parse` reads them, which takes no exponents: 0.00001, not 1e-05."""
        strengths = {name: f":{np.format_float_positional(own, trim='0')}" for name, own in self.strengths.items()}
        return as_text({name: value + strengths.get(name, "") for name, value in self.wishes.items()})


def as_text(wishes: Mapping[str, str]) -> str:
    """Returns wishes as `Attributes.parse` reads them: `"glasses=1, hair=blond"`."""
    return ", ".join(f"{name}={value}" for name, value in wishes.items())
