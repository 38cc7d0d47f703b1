"""HTML from templates: whatever a model or a data set is called, it stays text."""

import xml.etree.ElementTree as ElementTree

import jinja2
import pytest

from facegan.templates import render

REPORT = {
    "tables": [("By <edit>", ["", "m&m"], [["<script>alert(1)</script>", "0.5"]])],
    "strengths": (0.5, 1.0, 2.0),
    "curves": {"edit_accuracy": [(0.5, 0.25), (2.0, 1.0)], "others_kept": []},
    "pictures": {"edits.png": 'edits "of" faces'},
    "protocols": {"metric": "a < b"},
}


def test_a_report_escapes_what_it_is_given_and_draws_what_was_measured():
    page = render("evaluation/report.html", **REPORT)
    assert "<script>" not in page and "&lt;script&gt;alert(1)" in page and 'alt="edits &#34;of&#34; faces"' in page
    drawing = ElementTree.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    (line,) = drawing.findall("polyline")
    assert line.get("points").split() == ["120.0,160.0", "360.0,10.0"]


def test_a_strip_escapes_captions_and_marks_the_current_picture():
    pictures = [("data:a", "<b>"), ("data:b", "two")]
    strip = ElementTree.fromstring(
        "<html>" + render("studio/strip.html", label="History", pictures=pictures, width="5rem", current=1)
        .replace('alt="">', 'alt=""/>') + "</html>"
    )  # fmt: skip
    buttons = strip.findall(".//button")
    assert ["".join(each.itertext()) for each in buttons] == ["<b>", "two"]
    assert [(each.get("data-index"), each.get("aria-current")) for each in buttons] == [("0", "false"), ("1", "true")]


def test_a_template_that_is_not_given_everything_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        render("studio/picture.html", title="a face")
