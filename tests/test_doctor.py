"""The doctor says what is there, and names what is not."""

import configparser
import json
import os
import subprocess
import sys
from pathlib import Path

import keras

from facegan import __version__, doctor
from facegan.cli import main


def test_it_finds_what_is_there():
    found = {what: state for what, state, _ in doctor.examine()}
    assert found["facegan"] == __version__
    assert found["backend"] == f"keras {keras.__version__}, tensorflow {sys.modules['tensorflow'].__version__}"
    assert found["cores"] == str(os.cpu_count())
    assert found["precision"] in ("float32", "bfloat16")


def test_what_is_missing_comes_with_advice(monkeypatch):
    monkeypatch.setitem(doctor.EXTRAS, "wings", (("no_such_module", "json"), "flying"))
    assert ("extra wings", "missing", 'for flying: pip install "facegan[wings]"') in doctor.examine()
    monkeypatch.setitem(doctor.EXTRAS, "wings", (("json",), "flying"))
    assert ("extra wings", "installed", None) in doctor.examine()


def test_every_extra_of_a_user_is_listed():
    setup = configparser.ConfigParser()
    setup.read(Path(__file__).parents[1] / "setup.cfg")
    assert set(doctor.EXTRAS) == set(setup["options.extras_require"]) - {"docs", "test"}


def test_for_scripts(capsys, monkeypatch):
    monkeypatch.setattr(sys, "exit", lambda code: None)
    main(["doctor", "--json"])
    rows = json.loads(capsys.readouterr().out)
    assert [set(row) for row in rows] == [{"what", "found", "advice"}] * len(rows)


def test_a_backend_that_is_not_there_is_a_finding():
    code = "import sys; sys.modules['tensorflow'] = None; from facegan.doctor import examine; print(examine())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "tensorflow cannot be imported" in done.stdout
