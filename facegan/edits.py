"""A wish, parsed once: what to change, how strongly, and what the faces have at present."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from facegan.attributes import Attributes

# Attributes with their values: "female, glasses=1", or a dictionary.
Wishes = str | Mapping[str, Any]
# A wish with a strength of its own: "glasses=1:1.5".
_WITH_STRENGTH = re.compile(r"(.+?)\s*:\s*([-+]?(?:\d+\.?\d*|\.\d+))")


@dataclass(frozen=True)
class Edit:
    """An edit of faces, or the description of faces to generate.

    Attributes:
        wishes: `{attribute: value}`, what the faces are to have.
        strength: 0 changes nothing, 1 is what the model learned, larger values exaggerate.
        source: `{attribute: value}`, what the faces have at present, as far as it is known.
        force: whether to change even faces that the model is sure to have what is wished for.
        strengths: `{attribute: strength}` of wishes with a strength of their own, by which `strength` is multiplied.
    """

    wishes: Mapping[str, str] = field(default_factory=dict)
    strength: float = 1.0
    source: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    strengths: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def parse(
        cls,
        attributes: Attributes,
        *wishes: Wishes,
        strength: float = 1.0,
        source: Wishes = "",
        force: bool = False,
    ) -> Self:
        """Parses wishes that may be texts or dictionaries. In a text each may have its own strength: `"glasses=1:1.5"`.

        Raises:
            FaceganError: an unknown attribute or value, or two values for one attribute.

        Example:
        >>> edit = Edit.parse(Attributes(), "glasses=1:1.5", {"hair": "blonde"})
        >>> edit.wishes, edit.strengths
        ({'glasses': '1', 'hair': 'blond'}, {'glasses': 1.5})
        """
        present = attributes.parse(source)
        attributes.check_absolute(present)
        plain: list[Wishes] = []
        strengths: dict[str, float] = {}
        for wish in wishes:
            for part in wish.split(",") if isinstance(wish, str) else [wish]:
                found = _WITH_STRENGTH.fullmatch(part.strip()) if isinstance(part, str) else None
                plain.append(found[1] if found else part)
                if found:
                    strengths |= dict.fromkeys(attributes.parse(found[1]), float(found[2]))
        return cls(attributes.parse(*plain), strength, present, force, strengths)

    def then(self, later: "Edit") -> Self:
        """Both edits as one; where both wish something for an attribute, the later one counts."""
        kept = {name: value for name, value in self.strengths.items() if name not in later.wishes}
        return replace(self, wishes={**self.wishes, **later.wishes}, strengths={**kept, **later.strengths})

    def at(self, strengths: Iterable[float]) -> list[Self]:
        """Returns this edit at each of several strengths."""
        return [replace(self, strength=strength) for strength in strengths]

    def with_wishes(self, wishes: Mapping[str, str]) -> Self:
        """Returns this edit with further wishes; for an attribute in both, the further one counts."""
        return replace(self, wishes={**self.wishes, **wishes})

    def __str__(self) -> str:
        strengths = {name: f":{strength!r}" for name, strength in self.strengths.items()}
        return as_text({name: value + strengths.get(name, "") for name, value in self.wishes.items()})


def as_text(wishes: Mapping[str, str]) -> str:
    """Returns wishes as `Attributes.parse` reads them: `"glasses=1, hair=blond"`."""
    return ", ".join(f"{name}={value}" for name, value in wishes.items())
