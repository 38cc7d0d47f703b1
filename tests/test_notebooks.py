"""The notebooks run from top to bottom, with the packaged model."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


# A test learns nothing from longer runs.
FEWER = {"--images 960": "--images 64", "images=1280": "images=64"}


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def kinds(cell):
    """The kinds of a cell's outputs."""
    return {kind for output in cell.outputs for kind in output.get("data", {"text": output.get("text")})}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_is_stored_with_it(path, tmp_path):
    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    for cell in code_cells(fresh):
        for many, few in FEWER.items():
            cell.source = cell.source.replace(many, few)
    NotebookClient(fresh, timeout=600, kernel_name="python3", resources={"metadata": {"path": tmp_path}}).execute()
    assert any("image/png" in kinds(cell) for cell in code_cells(fresh))
    for before, now in zip(code_cells(stored), code_cells(fresh), strict=True):
        assert kinds(before) == kinds(now), before.source
        assert not any(output.output_type == "error" for output in now.outputs)


def test_what_is_trained_less_is_there():
    sources = "".join(cell.source for path in NOTEBOOKS for cell in code_cells(nbformat.read(path, as_version=4)))
    assert all(sources.count(many) == 1 for many in FEWER)


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == ["01_generate", "02_edit_a_photo", "03_train_your_own"]
