"""Bad input: one line that says what is wrong, exit code 2, no traceback, and nothing half-written."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import keras
import pytest
from full_disk import full_disk
from PIL import Image

from facegan.cli import main
from facegan.graphs import reference
from facegan.model_files import GRAPHS, WEIGHTS, graph_path


@pytest.fixture(scope="module")
def bad(drawn_faces, model_file, tmp_path_factory):
    """A folder with a model, a picture and everything that is wrong."""
    folder = tmp_path_factory.mktemp("bad")
    whole = model_file.read_bytes()
    (folder / "model.keras").write_bytes(whole)
    Image.fromarray(drawn_faces.faces[0]).save(folder / "face.png")
    face = (folder / "face.png").read_bytes()

    (folder / "text.keras").write_text("not a model")
    (folder / "truncated.keras").write_bytes(whole[: len(whole) // 2])
    with zipfile.ZipFile(folder / "zip.keras", "w") as archive:
        archive.writestr("hello.txt", "not a model either")
    keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]).save(folder / "other.keras")
    with zipfile.ZipFile(folder / "model.keras") as good, zipfile.ZipFile(folder / "damaged.keras", "w") as damaged:
        for name in good.namelist():
            damaged.writestr(name, b"nonsense" if name.endswith(".h5") else good.read(name))
    shutil.copy(folder / "model.keras", folder / "graphs.keras")
    with zipfile.ZipFile(folder / "graphs.keras", "a") as archive:
        for name in GRAPHS:
            archive.writestr(graph_path(name), b"nonsense")
    for kind, graph in {"elsewhere": reference(10**9, 8).encode(), "zeros": bytes(2**26)}.items():
        shutil.copy(folder / "model.keras", folder / f"{kind}.keras")
        with zipfile.ZipFile(folder / f"{kind}.keras", "a", zipfile.ZIP_DEFLATED) as archive:
            for name in GRAPHS:
                archive.writestr(graph_path(name), graph)
    shutil.copy(folder / "graphs.keras", folder / "flipped.keras")
    with zipfile.ZipFile(folder / "flipped.keras") as archive, open(folder / "flipped.keras", "r+b") as file:
        file.seek(archive.getinfo(WEIGHTS).header_offset + 5000)
        file.write(b"other bytes")

    (folder / "text.png").write_text("not a picture")
    (folder / "truncated.png").write_bytes(face[: len(face) // 2])
    (folder / "nothing.png").touch()
    Image.new("1", (20_000, 20_000)).save(folder / "bomb.png")
    (folder / "empty").mkdir()
    (folder / "labels").mkdir()
    (folder / "labels" / "face.png").write_bytes(face)
    (folder / "labels" / "labels.csv").write_text("name,glasses\nsomeone else.png,1\n")
    (folder / "values").mkdir()
    (folder / "values" / "face.png").write_bytes(face)
    (folder / "values" / "labels.csv").write_text("name,hair\nface.png,pink\n")
    shutil.copytree(drawn_faces.path, folder / "faces")
    return folder


@pytest.fixture
def refused(bad, capsys, monkeypatch):
    """Runs a command that must fail; gives its line. The folder `bad` must be the same as before."""

    def run(*args):
        monkeypatch.chdir(bad)
        before = listing(bad)
        with pytest.raises(SystemExit) as left:
            main([str(arg) for arg in args])
        out, err = capsys.readouterr()
        assert left.value.code == 2, err
        assert out == "" and err.startswith("facegan: ") and err.count("\n") == 1
        assert listing(bad) == before
        return err

    return run


def listing(folder):
    return {path: path.is_file() and (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


GENERATE = "generate --model model.keras --seed 1"
EDIT = "edit --model model.keras --set glasses=1"

CASES = {
    # Words
    "genrate": "No such command 'genrate'",
    "--modle x": "No such option '--modle'",
    "generate --cuont 4": "No such option '--cuont'",
    "generate --count many": "'many' is not a valid integer",
    "generate --count 0": "0 is not in the range x>=1",
    f"{GENERATE} --attrs glases=1": "unknown attribute 'glases'; did you mean 'glasses'?",
    f"{GENERATE} --attrs hair=blnod": "unknown value 'blnod' for 'hair'; did you mean 'blond'?",
    f"{GENERATE} --attrs femal": "unknown attribute 'femal'; did you mean 'female'?",
    f"{GENERATE} --attrs male,female": "'gender' cannot be both 'male' and 'female'",
    f"{GENERATE} --then ,": "an empty edit",
    f"{GENERATE} --then hiar=black": "unknown attribute 'hiar'; did you mean 'hair'?",
    "edit face.png --model model.keras": "nothing to change: add --set glasses=1 or --say",
    "edit face.png --model model.keras --say hats!": "'hats!' names no attribute of this model: gender, age,",
    "generate --model model.keras --text 帽子": "not understood: 帽子",
    "edit --set glasses=1 --model model.keras": "Missing argument 'IMAGES...'",
    "edit face.png --model model.keras --set glases=1": "did you mean 'glasses'?",
    "edit face.png --model model.keras --set ,": "an empty edit",
    f"{EDIT} face.png --from gendr=male": "unknown attribute 'gendr'; did you mean 'gender'?",
    f"{EDIT} face.png --strength -1": "-1.0 is not in the range x>=0",
    f"{EDIT} face.png --strength nan": "nan is not a finite number",
    # Pictures
    f"{EDIT} text.png": "cannot read text.png: not an image",
    f"{EDIT} truncated.png": "cannot read truncated.png: the image is damaged or cut short",
    f"{EDIT} nothing.png": "cannot read nothing.png: the file is empty",
    f"{EDIT} bomb.png": "cannot read bomb.png: more than 89 million pixels",
    f"{EDIT} missing.png": "cannot read missing.png: No such file or directory",
    f"{EDIT} empty": "no images in empty",
    # Models
    **{
        f"{command} --model {name}".strip(): message
        for command in ("generate", "edit face.png --set glasses=1")
        for name, message in {
            "text.keras": "text.keras is not a facegan model",
            "truncated.keras": "truncated.keras is not a facegan model",
            "zip.keras": "zip.keras is not a facegan model",
            "other.keras": "other.keras is a Keras model, but not one of facegan's",
            "missing.keras": "there is no model at missing.keras; train one with `facegan train`",
            "empty": "there is no model at empty/model.keras",
        }.items()
    },
    "generate --seed 1 --model damaged.keras": "damaged.keras is not a valid model: ",
    "generate --seed 1 --model graphs.keras": "an exported graph is damaged: ",
    "generate --seed 1 --model elsewhere.keras": "elsewhere.keras is damaged: an exported graph refers to",
    "generate --seed 1 --model zeros.keras": "zeros.keras is damaged: its graphs are too large",
    "generate --seed 1 --model flipped.keras": "flipped.keras is damaged: Bad CRC-32",
    "export text.keras out": "text.keras is not a facegan model",
    "export model.keras face.png --format keras": "face.png exists; --overwrite replaces it",
    "info text.keras": "text.keras is not a facegan model",
    "info other.keras": "other.keras is a Keras model, but not one of facegan's",
    "info run": "there is no model at run; train one with `facegan train`, or name another (packaged: celeba128)",
    # Data
    "prepare missing out": "missing does not exist; a source is a folder of images",
    "prepare empty out": "no images in empty",
    "prepare labels out": "labels/labels.csv has labels for none of the images in labels",
    "prepare values out": "unknown value 'pink' for 'hair'",
    "prepare drawn out --size 33": "faces of size 33 cannot be prepared; choose one of 32, 64, 128, 256",
    "prepare drawn faces": "faces is already prepared",
    "prepare drawn face.png": "face.png exists and is not a prepared data set",
    f"{EDIT} face.png --strength 0:1": "'0:1' is neither a number nor first:last:step, as in 0:2:0.25.",
    f"{EDIT} face.png --strength 1:0:0.1": "neither a number nor first:last:step",
    f"{EDIT} face.png --strength 0:1:0": "neither a number nor first:last:step",
    f"{EDIT} face.png --strength 0:1e9:1e-9": "more than 100 strengths",
    f"{EDIT} face.png --strength 0:nan:1": "nan is not a finite number.",
    f"{EDIT} face.png --out a.gif": "an animation needs several strengths",
    "generate --model model.keras --out a.gif": "a.gif is neither an image (.png, .jpg, .webp) nor a folder",
    "generate --model model.keras --like face.png": "face.png has no record of how it was made",
    "generate --model model.keras --like truncated.png": "truncated.png",
    "generate --model model.keras --like bomb.png": "bomb.png has no record of how it was made",
    "generate --model model.keras --like text.png": "cannot read text.png: it is not an image",
    "generate --model model.keras --like missing.png": "cannot read missing.png",
    "train faces --from missing": "there is no model at missing",
    "train faces --from model.keras --resume": "omit --from",
    "train missing": "missing is not a prepared data set; make one with `facegan prepare`",
    "train empty": "empty is not a prepared data set",
    "train face.png": "face.png is not a prepared data set",
    # Training
    "train faces --recipe papr": "unknown recipe 'papr'; did you mean 'paper'?",
    "train faces --attributes glases": "unknown attribute 'glases'; did you mean 'glasses'?",
    "train faces --epochs 1 --images 8": "--epochs and --images exclude each other",
    "train faces --epochs nan": "nan is not a finite number",
    "train faces --seed 99999999999": "is not in the range",
    "train faces --batch-size 500": "192 training photos, fewer than a batch of 500; lower --batch-size",
    "train faces --batch-size 500 --dry-run": "fewer than a batch of 500",
    "train faces --devices 64": "--devices 64: this machine has",
    "train faces --devices 64 --dry-run": "--devices 64: this machine has",
    "train faces --out face.png/run": "cannot write face.png/run: Not a directory",
    "train faces --resume": "run has no checkpoint to resume from; start it without --resume",
    # Measuring
    "evaluate text.keras faces": "text.keras is not a facegan model",
    "evaluate model.keras missing": "missing is not a prepared data set",
    "evaluate model.keras faces --out face.png": "cannot write face.png: it exists and is not a folder",
    # Places
    f"{GENERATE} --out face.png/faces.png": "cannot write face.png/faces.png: Not a directory",
    f"{GENERATE} --out face.png/faces": "face.png/face",
    f"{GENERATE} --out faces.gif": "faces.gif is neither an image (.png, .jpg, .webp) nor a folder",
    f"{GENERATE} --out model.keras": "model.keras is neither an image",
    f"{EDIT} face.png --out face.png/edited.png": "cannot write face.png/edited.png: Not a directory",
    "prepare drawn face.png/out --size 32 --count 8": "cannot write face.png/out: ",
}


@pytest.mark.parametrize("command", CASES)
def test_one_line_says_what_is_wrong(refused, command):
    assert CASES[command] in refused(*command.split())


def test_a_path_with_a_line_break_is_still_one_line(refused):
    assert "there is no model at a b" in refused("info", "a\nb")


# A full disk


@pytest.mark.parametrize("out", ["new/faces.png", "faces.jpg", "new/folder"])
def test_generate_on_a_full_disk(refused, out):
    with full_disk(1000):
        assert "File too large" in refused(*GENERATE.split(), "--out", out)


@pytest.mark.parametrize("out", ["new/edited.png", "new/folder"])
def test_edit_on_a_full_disk(refused, out):
    with full_disk(1000):
        assert "File too large" in refused(*EDIT.split(), "face.png", "--out", out)


def test_prepare_on_a_full_disk_goes_on_when_there_is_room(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["prepare", "drawn", "faces", "--size", "32", "--count", "20"]
    with full_disk(10_000), pytest.raises(SystemExit) as left:
        main(command)
    last = capsys.readouterr().err.splitlines()[-1]
    assert left.value.code == 2 and last.startswith("facegan: cannot write faces: File too large; once ")
    assert [path.name for path in tmp_path.iterdir()] == ["faces.partial"]
    with pytest.raises(SystemExit) as left:
        main(command)
    assert left.value.code == 0 and [path.name for path in tmp_path.iterdir()] == ["faces"]


def test_training_on_a_full_disk(bad, tmp_path):
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, resource.RLIM_INFINITY))\n"
        "from facegan.cli import main; main()"
    )
    options = ["--recipe", "tiny", "--attributes", "glasses", "--batch-size", "8", "--images", "8", "--out"]
    done = subprocess.run(
        [sys.executable, "-c", code, "train", str(bad / "faces"), *options, str(tmp_path / "run")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2 and done.stdout == "" and "Traceback" not in done.stderr
    last = done.stderr.splitlines()[-1]
    assert last == f"facegan: cannot write {tmp_path / 'run' / 'model.keras'}: File too large"
    # The logs of the step that was made are whole; nothing else is there.
    assert {Path(path).name for path in (tmp_path / "run").iterdir()} == {"logs"}
