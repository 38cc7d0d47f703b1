"""The map of the package: imports run downwards, the judge stands apart, and what is cheap to import stays cheap."""

import ast
import doctest
import importlib
import re
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import facegan

ROOT = Path(facegan.__file__).parent
# From the bottom to the top. A package stands for all its modules, which may import each other.
LAYERS = (
    "errors", "schemas", "environment", "signals", "memory", "progress", "templates", "files", "graph_limits", "graphs",
    "regions", "standard_attributes", "attributes", "lexicon", "sentences", "edits", "recipe", "model_files",
    "model_card", "inference_networks", "provenance", "content_credentials", "colours", "decoding", "images", "sheets",
    "terminal_images", "identity", "photos", "data", "tensors", "losses", "augment", "features", "models", "exporting",
    "web", "inference", "search", "edited_copies",
    "rendering", "hub", "studio", "training", "evaluation", "api", "doctor", "cli", "__main__",
)  # fmt: skip
NEEDS_KERAS = ("losses", "augment", "features", "models", "exporting", "training", "evaluation")
BACKENDS = ("keras", "tensorflow", "jax", "tensorboard", "onnx", "onnxruntime")


def modules():
    """`{"data.celeba": its syntax tree}`; the package itself, which everything lies in, is left out."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        if name != "__init__":
            found[name.removesuffix(".__init__")] = ast.parse(path.read_text("utf-8"))
    return found


MODULES = modules()


def imported(tree):
    """The full names of all that a module imports, within functions too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_imports(tree):
    """The modules of facegan that a module imports."""
    for name in imported(tree):
        parts = name.split(".")
        if parts[0] == "facegan":
            candidates = (".".join(parts[1:end]) for end in range(len(parts), 1, -1))
            found = next((candidate for candidate in candidates if candidate in MODULES), None)
            assert found or parts[1:] == ["__version__"], f"{name} is nowhere"
            if found:
                yield found


EXPERIMENTS = ROOT.with_name("experiments")


@pytest.mark.parametrize("script", sorted(str(path.relative_to(EXPERIMENTS)) for path in EXPERIMENTS.rglob("*.py")))
def test_what_experiments_import_is_there(script):
    for node in ast.walk(ast.parse((EXPERIMENTS / script).read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "facegan":
            module = importlib.import_module(node.module)
            for name in (alias.name for alias in node.names):
                full = f"{node.module}.{name}"
                assert hasattr(module, name) or full.removeprefix("facegan.") in MODULES, f"{full} is nowhere"


def layer(module):
    return LAYERS.index(module.split(".")[0])


def test_every_module_has_a_layer():
    assert {name.split(".")[0] for name in MODULES} == set(LAYERS)


def test_the_map_lists_every_module_from_the_top_to_the_bottom():
    page = ROOT.with_name("CONTRIBUTING.md").read_text("utf-8")
    rows = page.split("| module |")[1].split("\n\n")[0].splitlines()[2:]
    listed = [name for row in rows for name in re.findall(r"`(\w+)(?:/|\.py)`", row.split("|")[1])]
    assert listed == [layer for layer in reversed(LAYERS) if layer != "__main__"]


@pytest.mark.parametrize("module", MODULES)
def test_imports_run_downwards(module):
    upwards = [
        other for other in own_imports(MODULES[module])
        if layer(other) > layer(module)
        # Only a package's own page may import its modules.
        or (layer(other) == layer(module) and "." not in module and not other.startswith(f"{module}."))
    ]  # fmt: skip
    assert not upwards


def test_imports_form_no_circle():
    TopologicalSorter({name: set(own_imports(tree)) for name, tree in MODULES.items()}).prepare()


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] not in ("cli", "__main__")])
def test_only_the_command_line_prints(module):
    """Everything else logs, warns or raises, so that a program that uses facegan decides what is seen."""
    assert "click" not in [name.split(".")[0] for name in imported(MODULES[module])]
    calls = [node.func for node in ast.walk(MODULES[module]) if isinstance(node, ast.Call)]
    assert "print" not in [call.id for call in calls if isinstance(call, ast.Name)]


def reached(module):
    """All modules of facegan that a module imports, directly or through others."""
    found, pending = set(), [module]
    while pending:
        new = set(own_imports(MODULES[pending.pop()])) - found
        found |= new
        pending += new
    return found


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] == "training"])
def test_training_does_not_use_the_judge(module):
    assert not [name for name in reached(module) if name.split(".")[0] == "evaluation"]


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] == "training"])
def test_training_reads_weights_without_what_edits_photos(module):
    assert not [name for name in reached(module) if name.split(".")[0] in ("inference", "photos", "rendering")]


@pytest.mark.parametrize("module", [name for name in MODULES if name.startswith("evaluation.judge")])
def test_the_judge_shares_nothing_with_training(module):
    """Neither losses nor augmentations: an edit must not exploit what the judge has in common with training."""
    shared = ("training", "augment", "losses")
    assert not [name for name in reached(module) if name.startswith(shared)]


@pytest.mark.parametrize("module", [name for name in MODULES if name.split(".")[0] not in NEEDS_KERAS])
def test_cheap_modules_import_no_backend(module):
    tops = [node for node in MODULES[module].body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = imported(ast.Module(tops, []))
    assert not [name for name in names if name.split(".")[0] in BACKENDS]


@pytest.mark.parametrize("module", ["", *MODULES])
def test_examples_in_docstrings_run(module):
    assert doctest.testmod(importlib.import_module(f"facegan.{module}".rstrip("."))).failed == 0
