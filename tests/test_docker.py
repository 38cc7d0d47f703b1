"""The Dockerfile, as far as it can be checked where there is no Docker."""

import configparser
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCKERFILE = ROOT / "Dockerfile"
# A virtual environment's own, which need not be in the path.
HADOLINT = shutil.which("hadolint", path=Path(sys.executable).parent) or shutil.which("hadolint")


@pytest.fixture(scope="module")
def steps():
    """`[(instruction, value)]`; hadolint checks the syntax."""
    lines = DOCKERFILE.read_text("utf-8").replace("\\\n", " ").splitlines()
    return [tuple(line.split(" ", 1)) for line in lines if line and not line.startswith("#")]


@pytest.fixture(scope="module")
def package():
    read = configparser.ConfigParser()
    read.read(ROOT / "setup.cfg", "utf-8")
    return read


@pytest.mark.skipif(HADOLINT is None, reason="without hadolint: pip install 'facegan[test]'")
def test_hadolint_finds_nothing():
    checked = subprocess.run([HADOLINT, DOCKERFILE], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout) == (0, "")


def test_it_copies_what_is_needed_to_install_and_nothing_else_reaches_docker(steps, package):
    copied = {name for step, value in steps if step == "COPY" for name in value.split()[:-1]}
    files = package["metadata"]["long_description"].removeprefix("file: "), package["metadata"]["license_files"]
    assert copied == {"setup.py", "setup.cfg", "pyproject.toml", "facegan", *files}
    ignored = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if not line.startswith("#")]
    assert ignored[0] == "*" and {line[1:] for line in ignored if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_it_installs_extras_that_exist_for_a_python_that_is_supported(steps, package):
    (image,) = [value for step, value in steps if step == "FROM"]
    version = tuple(map(int, re.match(r"python:(\d+)\.(\d+)-slim", image).groups()))
    assert version >= tuple(map(int, package["options"]["python_requires"].removeprefix(">=").split(".")))
    (install,) = [value for step, value in steps if step == "RUN"]
    extras = re.search(r'"\.\[(.+)\]"', install).group(1).split(",")
    assert set(extras) <= set(package["options.extras_require"])


def test_it_runs_the_program_without_rights_and_exposes_the_studios_port(steps, package):
    from facegan.studio.server import PORT

    settings = dict(steps)
    (program,) = json.loads(settings["ENTRYPOINT"])
    assert f"{program} = " in package["options.entry_points"]["console_scripts"]
    assert settings["USER"] not in ("root", "0") and int(settings["EXPOSE"]) == PORT
