"""Sharing models, by the hub's own library and a small server that answers as the hub does."""

import base64
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from facegan.model_card import model_card
from facegan.model_files import PACKAGED, find_model
from facegan.provenance import read_provenance

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("huggingface_hub") is None, reason="without huggingface_hub: pip install 'facegan[hub]'"
)
ROOT = Path(__file__).parents[1]
TOKEN = "hf_of_nobody"
COMMIT = "0" * 40


class Answers(BaseHTTPRequestHandler):
    """What the hub answers; its repositories are `{"owner/name": {path: content}}`."""

    def do_POST(self):
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        repository = re.search(r"/(?:api/models/)?([^/]+/[^/.]+)(?:/(?:preupload|commit)/|\.git/)", self.path)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            self.answer(401, {"error": "Invalid credentials"})
        elif self.path == "/api/repos/create":
            wanted = json.loads(content)
            self.server.created.append(wanted)
            self.server.repositories.setdefault(f"{wanted['organization']}/{wanted['name']}", {})
            self.answer(200, {"url": f"{self.server.address}/{wanted['organization']}/{wanted['name']}"})
        elif self.path == "/api/validate-yaml":
            assert json.loads(content)["content"].startswith("---\n")
            self.answer(200, {"errors": [], "warnings": []})
        elif "/preupload/" in self.path:
            paths = [file["path"] for file in json.loads(content)["files"]]
            modes = {True: "lfs", False: "regular"}
            self.answer(200, {"files": [
                {"path": path, "uploadMode": modes[path.endswith((".keras", ".png"))], "shouldIgnore": False}
                for path in paths
            ]})  # fmt: skip
        elif self.path.endswith("/info/lfs/objects/batch"):
            uploads = [
                {**each, "actions": {"upload": {"href": f"{self.server.address}/large/{each['oid']}"}}}
                for each in json.loads(content)["objects"]
            ]
            self.answer(200, {"transfer": "basic", "objects": uploads})
        else:
            files = self.server.repositories[repository.group(1)]
            for line in map(json.loads, content.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "lfsFile":
                    files[value["path"]] = self.server.large[value["oid"]]
            self.answer(
                200,
                {
                    "success": True,
                    "commitOid": COMMIT,
                    "commitUrl": f"{self.server.address}/{repository.group(1)}/commit/{COMMIT}",
                },
            )

    def do_PUT(self):
        content = self.rfile.read(int(self.headers["Content-Length"]))
        oid = self.path.rpartition("/")[2]
        assert hashlib.sha256(content).hexdigest() == oid
        self.server.large[oid] = content
        self.answer(200, {})

    def do_GET(self):
        repository, _, path = self.path.removeprefix("/").partition("/resolve/main/")
        repository = repository.removeprefix("api/models/")
        if repository not in self.server.repositories:
            self.answer(404, {"error": "Repository not found"}, {"X-Error-Code": "RepoNotFound"})
        elif path not in self.server.repositories[repository]:
            self.answer(404, {"error": "Entry not found"}, {"X-Error-Code": "EntryNotFound"})
        else:
            content = self.server.repositories[repository][path]
            etag = hashlib.sha256(content).hexdigest()
            self.answer(200, content, {"X-Repo-Commit": COMMIT, "ETag": f'"{etag}"'})

    do_HEAD = do_GET

    def answer(self, status, content, headers=None):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    """A hub without repositories."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.repositories, server.large, server.created = {}, {}, []
    server.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def facegan(hub, tmp_path):
    """`facegan("push", ...)` gives exit code, stdout and stderr of the program, which knows this hub only."""
    home = tmp_path / "home"
    home.mkdir()
    environment = os.environ | {
        "HF_ENDPOINT": hub.address, "HF_HOME": str(home), "HOME": str(home), "PYTHONPATH": str(ROOT),
        "HF_TOKEN": TOKEN,
        # The hub's newer protocol for large files is a library of its own.
        "HF_HUB_DISABLE_XET": "1",
    }  # fmt: skip

    def run(*arguments, **changes):
        command = [sys.executable, "-m", "facegan", *map(str, arguments)]
        done = subprocess.run(
            command, cwd=tmp_path, env={**environment, **changes}, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_a_model_comes_back_as_it_was_with_a_card_and_faces(hub, facegan, tmp_path):
    from huggingface_hub import ModelCard

    report = tmp_path / "report"
    report.mkdir()
    (report / "figures.json").write_text('{"figures": {"edit_accuracy@1.0": 0.69, "identity_same_person": null}}')
    (report / "figures.md").write_text("## Figures\n\n| metric | |\n|---|---|\n| edit_accuracy@1.0 | 0.690 |\n")
    code, out, err = facegan("push", PACKAGED, "anna/smiles", "--report", report, "--private")
    assert (code, out.strip()) == (0, f"{hub.address}/anna/smiles"), err
    assert hub.created[0]["visibility"] == "private"
    files = hub.repositories["anna/smiles"]
    assert set(files) == {"model.keras", "README.md", "faces.png"}
    (tmp_path / "faces.png").write_bytes(files["faces.png"])
    assert read_provenance(tmp_path / "faces.png")["count"] == 8

    card = ModelCard(files["README.md"].decode())
    assert card.data.library_name == "facegan" and card.data.license == "other"
    (result,) = card.data.eval_results
    assert (result.metric_type, result.metric_value) == ("edit_accuracy@1.0", 0.69)
    assert card.text.strip().startswith(model_card(PACKAGED).strip()), "one text, here and there"
    assert "| edit_accuracy@1.0 | 0.690 |" in card.text and "facegan pull anna/smiles smiles.keras" in card.text

    code, out, err = facegan("pull", "anna/smiles", "mine.keras", "--json")
    assert code == 0 and json.loads(out) == {"model": "mine.keras"}, err
    assert (tmp_path / "mine.keras").read_bytes() == find_model(PACKAGED).read_bytes()
    assert (tmp_path / "mine.md").read_bytes() == files["README.md"]
    assert model_card(tmp_path / "mine.keras") == model_card(PACKAGED), "what the hub added goes again"
    code, _, err = facegan("pull", "anna/smiles", "mine.keras")
    assert code == 2 and "mine.keras: it exists" in err


@pytest.mark.parametrize("content", [b"no model", "renamed", "graphs"])
def test_a_strangers_file_is_kept_only_if_it_can_be_used(hub, facegan, tmp_path, content):
    if isinstance(content, str):
        path = tmp_path / "bad.keras"
        with zipfile.ZipFile(find_model(PACKAGED)) as good, zipfile.ZipFile(path, "w") as bad:
            for entry in good.namelist():
                text = good.read(entry)
                if content == "renamed" and entry == "config.json":
                    text = text.replace(b"facegan>FaceGAN", b"os>system")
                if content == "graphs" and entry.startswith("graphs/"):
                    text = b"no graph"
                bad.writestr(entry, text)
        content = path.read_bytes()
        path.unlink()
    hub.repositories["eve/trap"] = {"model.keras": content, "README.md": b"# Lovely"}
    code, _, err = facegan("pull", "eve/trap", "mine.keras")
    assert code == 2 and err.startswith("facegan: eve/trap/model.keras cannot be used: "), err
    assert not [path for path in tmp_path.iterdir() if path.name != "home"]


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("pull", "nobody/nothing", "mine.keras"), "nobody/nothing: 404"),
        (("pull", "../../etc", "mine.keras"), "../../etc: "),
        (("pull", "anna/smiles", "mine"), "cannot write mine: the name of a model file ends with .keras"),
        (("push", "nowhere.keras", "anna/smiles"), "there is no model at nowhere.keras"),
        (("push", PACKAGED, "anna/smiles", "--report", "nowhere"), "nowhere is not a report"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(facegan, arguments, said):
    code, _, err = facegan(*arguments)
    assert code == 2 and err.splitlines()[-1].startswith(f"facegan: {said}"), err


def test_whoever_is_not_logged_in_cannot_push(facegan):
    code, _, err = facegan("push", PACKAGED, "anna/smiles", HF_TOKEN="hf_wrong")
    assert code == 2 and "401 Unauthorized" in err.splitlines()[-1]
    code, _, err = facegan("pull", "anna/smiles", "mine.keras", HF_HUB_OFFLINE="1")
    assert code == 2 and "facegan: anna/smiles: " in err.splitlines()[-1]


def test_a_model_without_a_card_gets_one_from_its_record(model_file):
    text = model_card(model_file)
    assert text.startswith("# Model card: tiny\n") and "faces of 32x32 pixels" in text
    assert "for identifying or deceiving anyone" in text
