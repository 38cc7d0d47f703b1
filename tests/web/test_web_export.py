"""The page's folder holds all that a browser needs, and what is wrong is said in a line."""

import gzip
import json

import numpy as np
import onnx
import pytest

from facegan.graphs import Graph
from facegan.model_files import find_model, read_graphs
from facegan.web import runtime


@pytest.fixture
def package(tmp_path):
    """A folder like npm's package."""
    folder = tmp_path / "onnxruntime-web"
    (folder / "dist").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps({"version": runtime.VERSION}))
    for path in runtime.FILES.values():
        (folder / path).write_text(path)
    return folder


def test_the_folder_holds_the_page_and_whole_networks(facegan, package, tmp_path):
    out = tmp_path / "site"
    code, printed, _ = facegan("export", "celeba128", out, "--format", "web", "--runtime", package)
    assert code == 0 and f"http.server --directory {out}" in printed
    assert "worker.js" in (out / "app.js").read_text("utf-8") and (out / "index.html").exists()
    assert (out / "onnxruntime.js").read_text() == runtime.FILES["onnxruntime.js"]
    about = json.loads((out / "about.json").read_text("utf-8"))
    assert about["attributes"][0]["zh"] == "性别" and about["attributes"][0]["values"][1]["en"] == "male"
    named = [each for item in about["attributes"] for each in (item, *item["values"])]
    assert not [each["en"] for each in named if each["zh"] == each["en"]]
    for name, size in about["bytes"].items():
        assert (out / f"{name}.gz").stat().st_size == size
    content = gzip.decompress((out / "generator.onnx.gz").read_bytes())
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    noise = np.random.default_rng(0).standard_normal((1, about["noise"]), "float32")
    inputs = {"noise": noise, "condition": np.zeros((1, about["columns"]), "float32")}
    expected = read_graphs(find_model("celeba128"))["generator"](**inputs)
    assert (Graph(content)(**inputs)["images"] == expected["images"]).all()
    code, _, error = facegan("export", "celeba128", out, "--format", "web", "--runtime", package)
    assert code == 2 and error == f"facegan: {out} exists; --overwrite replaces files in it\n"
    assert facegan("export", "celeba128", out, "--format", "web", "--runtime", package, "--overwrite")[0] == 0


def test_what_is_wrong_is_said_in_a_line(facegan, package, model_file, tmp_path, monkeypatch):
    def refused(*arguments):
        code, printed, error = facegan("export", *arguments)
        assert code == 2 and printed == "" and error.count("\n") == 1 and not (tmp_path / "site").exists()
        return error

    web = (tmp_path / "site", "--format", "web")
    assert "contains no graphs; add them with: facegan export" in refused(model_file, *web, "--runtime", package)
    assert "--precision is not for --format web" in refused("celeba128", *web, "--precision", "float16")
    assert "--runtime is for --format web" in refused("celeba128", tmp_path / "site", "--runtime", package)
    assert "does not hold npm's package onnxruntime-web" in refused("celeba128", *web, "--runtime", tmp_path)
    (package / "package.json").write_text('{"version": "1.0.0"}')
    assert "holds onnxruntime-web 1.0.0; the page needs 1." in refused("celeba128", *web, "--runtime", package)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(runtime, "URL", (tmp_path / "onnxruntime-web.tgz").as_uri())
    assert "cannot download file:///" in refused("celeba128", *web)
    (tmp_path / "onnxruntime-web.tgz").write_bytes(b"something else")
    assert "has changed: its SHA-512 differs" in refused("celeba128", *web)
    assert not (tmp_path / "cache").exists()
