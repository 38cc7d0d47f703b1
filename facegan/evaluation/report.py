"""Writes a report: one HTML page with pictures, the figures as JSON and as tables in Markdown."""

import html
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from facegan.evaluation.evaluate import Report
from facegan.evaluation.gallery import gallery
from facegan.evaluation.metrics import METRICS, STRENGTHS
from facegan.files import atomic_write, to_json
from facegan.images import save_image

PAGE, FIGURES, TABLES = "index.html", "figures.json", "figures.md"
_STYLE = """
body { font: 16px/1.5 sans-serif; color: #333; max-width: 1200px; margin: 2em auto; padding: 0 1em }
table { border-collapse: collapse; margin: 1em 0 } td, th { padding: .2em .8em; border-bottom: 1px solid #ddd }
td { text-align: right } td:first-child, th:first-child { text-align: left } img { max-width: 100% }
dt { font-weight: bold } dd { white-space: pre-line }
"""


def write_report(report: Report, described: dict[str, Any], out: str | Path) -> Path:
    """Writes `index.html` with its pictures, `figures.json` and `figures.md`, with the description of the model file.

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
    figures = {"subject": subject, "figures": report.figures, "edits": report.edits, "groups": report.groups}
    pictures = gallery(measured)
    for name, (_, image) in pictures.items():
        save_image(image, out / name)
    _write(out / FIGURES, to_json(figures, indent=1) + "\n")
    _write(out / TABLES, "\n\n".join(_markdown(*table) for table in tables(figures)) + "\n")
    _write(out / PAGE, _page(figures, pictures))
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
        for title, key in (("By edit", "edits"), ("By group", "groups"))
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


def _page(figures: dict[str, dict], pictures: Mapping[str, tuple[str, Image.Image]]) -> str:
    parts = ["<!doctype html><meta charset=utf-8><title>facegan: evaluation</title>", f"<style>{_STYLE}</style>"]
    parts.append("<h1>Evaluation</h1>")
    for title, header, rows in tables(figures):

        def cells(row: list[str], tag: str) -> str:
            return "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)

        body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
        parts.append(f"<h2>{html.escape(title)}</h2><table><tr>{cells(header, 'th')}</tr>{body}</table>")
    parts.append("<h2>Strength</h2>" + curve(figures["figures"]))
    for name, (caption, _) in pictures.items():
        parts.append(f'<h2>{html.escape(caption)}</h2><img src="{name}" alt="{html.escape(caption)}">')
    protocols = {name.partition("@")[0]: METRICS[name].protocol for name in figures["figures"]}
    items = (f"<dt>{name}</dt><dd>{html.escape(protocol)}</dd>" for name, protocol in protocols.items())
    parts.append(f"<h2>Protocols</h2><dl>{''.join(items)}</dl>")
    return "\n".join(parts) + "\n"


def curve(figures: dict[str, float | None]) -> str:
    """Returns accuracy and preservation by strength, as far as they were measured, as an SVG drawing."""
    width, height, left, top = 480, 240, 40, 10

    def across(strength: float) -> float:
        return left + strength / 2 * (width - left - 120)

    def down(share: float) -> float:
        return top + (1 - share) * (height - top - 30)

    parts = [f'<svg viewBox="0 0 {width} {height}" width="{width}" font-size="12" font-family="sans-serif">']
    for share in (0.0, 0.5, 1.0):
        parts.append(f'<path d="M{left} {down(share)}H{across(2)}" stroke="#ddd"/>')
        parts.append(f'<text y="{down(share) + 4}">{share}</text>')
    for strength in STRENGTHS:
        parts.append(f'<text x="{across(strength) - 8}" y="{height - 8}">{strength}</text>')
    for metric, colour in (("edit_accuracy", "#c33"), ("others_kept", "#36c")):
        values = [(strength, figures.get(f"{metric}@{strength}")) for strength in STRENGTHS]
        points = [(across(s), down(value)) for s, value in values if value is not None and not math.isnan(value)]
        line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        if points:
            parts.append(f'<text x="{points[-1][0] + 6}" y="{points[-1][1] + 4}" fill="{colour}">{metric}</text>')
    return "".join(parts) + "</svg>"


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as temporary:
        temporary.write_text(text, "utf-8")
