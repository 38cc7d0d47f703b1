"""The text that describes a model: from the file next to the model, or generated from its record."""

import re
from pathlib import Path

from facegan.model_files import describe, find_model
from facegan.templates import render

# `hub.push` puts this front matter before the text, and a section with this heading after it.
_FRONT_MATTER = re.compile(r"\A---\n.*?\n---\n+", re.DOTALL)
END = "## In facegan\n"


def model_card(path: str | Path | None = None) -> str:
    """Returns the text of a model's card, from the file `NAME.md` next to `NAME.keras` or generated from its record.

    Args:
        path: as for `find_model`.

    Raises:
        FaceganError: no such model.
    """
    file = find_model(path)
    beside = file.with_suffix(".md")
    if not beside.is_file():
        return render("model_card.md", **describe(file))
    return _FRONT_MATTER.sub("", beside.read_text("utf-8")).partition(END)[0].rstrip() + "\n"
