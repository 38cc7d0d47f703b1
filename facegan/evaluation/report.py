"""Writes a report: an HTML page with images, and the figures as JSON and as Markdown tables."""

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from facegan.evaluation.evaluate import Report
from facegan.evaluation.gallery import CAPTIONS, gallery
from facegan.evaluation.metrics import METRICS, STRENGTHS
from facegan.files import WriteGuard, atomic_write, to_json
from facegan.images import save_image
from facegan.provenance import command_of
from facegan.templates import render

PAGE, FIGURES, TABLES = "index.html", "figures.json", "figures.md"

# Text near the beginning of each file, by which the command recognises its earlier results.
_COMMAND = "evaluate"
_MARKS = {PAGE: "<title>facegan: evaluation</title>", FIGURES: '{\n "subject": {\n  "recipe": ', TABLES: "## Subject\n"}


def check_place(out: Path, inputs: Iterable[str | os.PathLike[str]], overwrite: bool = False) -> None:
    """Checks that a report may be written, before anything is measured.

    Args:
        out: its folder.
        inputs: files that are read.
        overwrite: whether files that are not an earlier report may be replaced.

    Raises:
        FaceganError: a file must not be replaced.
    """
    guard = WriteGuard(inputs, overwrite, _is_own)
    for name in (PAGE, FIGURES, TABLES, *CAPTIONS):
        guard.check(out / name)


def _is_own(path: Path) -> bool:
    """Whether a file was written by this command."""
    mark = _MARKS.get(path.name)
    if mark is None:
        return command_of(path) == _COMMAND
    with path.open("rb") as file:
        return mark.encode() in file.read(200)


def write_report(report: Report, described: dict[str, Any], out: str | Path) -> Path:
    """Writes `index.html` with its images, `figures.json` and `figures.md`, with the description of the model file.

    Returns:
        The path of the page.

    Raises:
        FaceganError: a file cannot be written.
    """
    out, measured = Path(out), report.measurements
    subject = {
        "recipe": described["recipe"]["name"],
        "size": described["image_size"],
        "images seen": described["record"]["images_seen"],
        "data": measured.faces.info["source"]["name"],
        "test photos": len(measured.real),
        "faces for each edit, at most": measured.limit,
        "seed": measured.seed,
    }
    rows = {"edits": report.edits, "groups": report.groups, "sources": report.sources}
    figures = {"subject": subject, "figures": report.figures, **rows}
    images = gallery(measured)
    for name, image in images.items():
        save_image(image, out / name, {"command": _COMMAND})
    _write(out / FIGURES, to_json(figures, indent=1) + "\n")
    _write(out / TABLES, "\n\n".join(_markdown(*table) for table in tables(figures)) + "\n")
    _write(out / PAGE, _page(figures))
    return out / PAGE


def tables(figures: dict[str, dict]) -> list[tuple[str, list[str], list[list[str]]]]:
    """Returns the figures as tables: title, header and rows."""

    def nested(rows: dict[str, dict]) -> list[str]:
        return ["", *next(iter(rows.values()), {})]

    flat = [
        ("Subject", ["", ""], [[name, _text(value)] for name, value in figures["subject"].items()]),
        ("Figures", ["metric", ""], [[name, _text(value)] for name, value in figures["figures"].items()]),
    ]
    return flat + [
        (title, nested(figures[key]), [[name, *map(_text, row.values())] for name, row in figures[key].items()])
        for title, key in (("By edit", "edits"), ("By group", "groups"), ("By source", "sources"))
        if figures[key]
    ]


def _text(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _markdown(title: str, header: list[str], rows: list[list[str]]) -> str:
    def line(cells: list[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return "\n".join([f"## {title}", "", line(header), line(["---"] * len(header)), *map(line, rows)])


def _page(figures: dict[str, dict]) -> str:
    values = figures["figures"]
    return render(
        "evaluation/report.html",
        tables=tables(figures),
        strengths=STRENGTHS,
        curves={metric: _curve(values, metric) for metric in ("edit_accuracy", "others_kept")},
        pictures=CAPTIONS,
        protocols={name.partition("@")[0]: METRICS[name].protocol for name in values},
    )


def _curve(figures: dict[str, float | None], metric: str) -> list[tuple[float, float]]:
    """A metric by strength, as far as it was measured."""
    measured = [(strength, figures.get(f"{metric}@{strength}")) for strength in STRENGTHS]
    return [(strength, value) for strength, value in measured if value is not None and not math.isnan(value)]


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, "utf-8")
