"""The commands, from a data set to edited faces."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from facegan.cli import main
from facegan.images import open_image
from facegan.provenance import read_provenance
from facegan.training.checkpoints import Checkpoints

TENSORFLOW = os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow"
ASSUMED = "images are aligned faces, judging by the positions of the eyes; --no-aligned treats images as photos"
TINY = ("--recipe", "tiny", "--attributes", "glasses,hair", "--batch-size", 8, "--precision", "float32")


def command(*args):
    """The program as a process of its own, as from a shell."""
    return [sys.executable, "-c", "from facegan.cli import main; main()", *map(str, args)]


def python(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


# What is quick


def test_help_imports_nothing_heavy():
    code = "import sys; from facegan.cli import main\ntry: main(['--help'])\nexcept SystemExit: print(*sys.modules)"
    loaded = set(python(code).split())
    assert "click" in loaded and not loaded & {"numpy", "PIL", "keras", "tensorflow", "jax"}


def test_info_needs_no_backend(model_file):
    call = f"main(['info', {str(model_file)!r}])"
    code = f"import sys; from facegan.cli import main\ntry: {call}\nexcept SystemExit: print(*sys.modules)"
    printed = python(code)
    assert "tiny, 32x32 pixels" in printed
    assert not set(printed.split()) & {"keras", "tensorflow", "jax"}


def test_help_of_everything(facegan):
    code, out, _ = facegan("--help")
    names = re.findall(r"^  (\w+)  ", out, re.MULTILINE)
    assert code == 0 and set(names) == set(main.commands)
    for name in names:
        code, out, err = facegan(name, "-h")
        assert code == 0 and not err
        assert len(re.findall(rf"^  +(?:\w+=\w+ )?facegan {name}\b", out.partition("Examples:")[2], re.MULTILINE)) >= 2
        # The studio runs until it is stopped, and has no result.
        assert name == "studio" or ("--json" in out and "--quiet" in out)
    assert facegan()[:1] == (0,)


@pytest.mark.usefixtures("eagerly")
def test_json_is_all_there_is_on_stdout(facegan, model_file, drawn_faces, tmp_path):
    out = tmp_path / "faces"
    options = ("--count", 2, "--text", "old", "--out", out, "--json")
    code, printed, err = facegan("generate", "--model", model_file, *options)
    made = json.loads(printed)
    assert code == 0 and f"seed {made['seed']}" in err and "understood: old" in err
    assert made["files"] == [str(out / "face-1.png"), str(out / "face-2.png")] and made["attrs"] == "age=old"
    assert [face["age"] for face in made["faces"]] == ["old", "old"]
    asked = ("--set", "glasses=1", "--from", "glasses=0", "--model", model_file, "--aligned", "--json")
    code, printed, _ = facegan("edit", out, *asked, "--out", tmp_path / "e")
    edited = json.loads(printed)
    assert edited["files"] == [str(tmp_path / "e" / name) for name in ("face-1.png", "face-2.png")]
    assert (edited["set"], edited["strength"]) == ("glasses=1", [1.0]) and edited["remarks"] == edited["left_out"] == []
    described = json.loads(facegan("info", model_file, "--json")[1])
    assert described["image_size"] == 32 and described["recipe"]["name"] == "tiny"
    found = json.loads(facegan("train", drawn_faces.path, *TINY, "--images", 80, "--dry-run", "--json")[1])
    assert (found["steps"], found["pretraining_steps"]) == (10, 0)
    assert found["parameters"].keys() == {"encoder", "discriminator", "generator", "editor"}
    prepared = json.loads(facegan("prepare", "drawn", tmp_path / "d", "--count", 20, "--size", 32, "--json")[1])
    assert prepared["faces"] == 20 == sum(prepared["splits"].values())


def test_quiet_says_nothing_on_the_way_but_errors(facegan, model_file, tmp_path):
    asked = ("generate", "--model", model_file, "--count", 1, "--text", "old", "--quiet")
    assert facegan(*asked, "--out", tmp_path / "a.png") == (0, f"{tmp_path / 'a.png'}\n", "")
    assert facegan("prepare", "drawn", tmp_path / "d", "--count", 20, "--size", 32, "-q")[::2] == (0, "")
    code, printed, err = facegan("generate", "--quiet", "--model", model_file, "--attrs", "wings=1")
    assert (code, printed) == (2, "") and "wings" in err


def test_the_run_of_a_folder_is_named_before_anything_goes_wrong(facegan, model_file, tmp_path, monkeypatch):
    asked = ("generate", "--count", 1, "--seed", 1, "--attrs")
    monkeypatch.chdir(tmp_path)
    assert facegan(*asked, "wings=1")[2].startswith("facegan: unknown attribute")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_bytes(model_file.read_bytes())
    named = "the model is run/model.keras, the run in this folder; --model celeba128 is the packaged one\n"
    code, _, err = facegan(*asked, "wings=1")
    assert code == 2 and err.startswith(f"{named}facegan: unknown attribute")
    assert facegan(*asked, "glasses") == (0, "faces.png\n", named)
    assert "the model is" not in facegan(*asked, "wings=1", "--model", "run")[2]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(facegan, shell):
    code, source, _ = facegan("completion", shell)
    assert code == 0 and "_FACEGAN_COMPLETE" in source


def test_info(facegan, model_file):
    code, out, err = facegan("info", model_file)
    assert (code, err) == (0, "")
    assert out.startswith(f"{model_file}: tiny, 32x32 pixels\nattributes   gender, age, glasses, skin, hair\n")
    assert "drawn faces: 192 train, 24 validation, 24 test" in out and "float32, batches of 8, seed 0" in out
    assert "kernel_size" in out


# From faces to a model


def test_prepare(facegan, tmp_path):
    out = tmp_path / "faces"
    code, printed, _ = facegan("prepare", "drawn", out, "--size", 32, "--count", 20, "--seed", 3)
    assert code == 0 and printed == f"{out}: 20 faces of 32x32 (16 train, 2 validation, 2 test)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["faces"]


def test_dry_run_says_what_a_run_takes_and_writes_nothing(facegan, drawn_faces, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = facegan("train", drawn_faces.path, *TINY, "--images", 4000, "--dry-run")
    assert (code, err) == (0, "") and not list(tmp_path.iterdir())
    for line in ("encoder", "discriminator", "generator", "editor", "total"):
        assert re.search(rf"^{line} +[\d,]+ parameters$", out, re.MULTILINE)
    assert "500 of 8 photos, float32" in out
    assert all(re.search(rf"^{word} ", out, re.MULTILINE) for word in ("memory", "speed", "time"))


@pytest.fixture(scope="module")
def run(module_eagerly, drawn_faces, tmp_path_factory):
    """The folder of a short run that was started on the command line."""
    out = tmp_path_factory.mktemp("training") / "run"
    with pytest.raises(SystemExit) as left:
        main([str(arg) for arg in ("train", drawn_faces.path, *TINY, "--images", 16, "--seed", 5, "--out", out)])
    assert left.value.code == 0
    return out


def test_training_leaves_a_model_that_can_be_used(run, facegan, tmp_path):
    assert {path.name for path in run.iterdir()} == {"model.keras", "checkpoints", "logs"}
    code, out, _ = facegan("info", run)
    assert code == 0 and "attributes   glasses, hair" in out and "images seen  16" in out and "seed 5" in out
    code, out, err = facegan("generate", "--model", run, "--attrs", "glasses, blond", "--count", 2, "--seed", 1,
                             "--out", tmp_path / "faces.png")  # fmt: skip
    assert (code, out, err) == (0, f"{tmp_path / 'faces.png'}\n", "")


@pytest.mark.parametrize(
    "options, message",
    [
        (("--resume", "--batch-size", "4"), "was started with another --batch-size; resume without it"),
        (("--resume", "--recipe", "paper"), "was started with another --recipe; resume without it"),
        (("--resume", "--attributes", "glasses"), "was started with another --attributes; resume without it"),
        (("--resume", "--seed", "6"), "was started with another --seed; resume without it"),
        (("--resume",), "was trained on 16 photos already; ask for more with --images or --epochs"),
        (TINY, "holds a run already; continue it with --resume or choose another --out"),
    ],
)
def test_a_run_that_is_there_is_not_touched(run, drawn_faces, facegan, options, message):
    before = {path: path.stat().st_mtime_ns for path in run.rglob("*")}
    code, out, err = facegan("train", drawn_faces.path, "--out", run, *options)
    assert (code, out) == (2, "") and message in err and len(err.splitlines()) == 1
    assert {path: path.stat().st_mtime_ns for path in run.rglob("*")} == before


@pytest.mark.usefixtures("eagerly")
def test_resume_goes_on(run, drawn_faces, facegan):
    # The same options once more contradict nothing.
    again = ("train", drawn_faces.path, "--out", run, "--resume", "--images", 24, "--attributes", "Glasses, HAIR")
    code, out, err = facegan(*again, "--batch-size", 8)
    assert code == 0 and "step 3/3" in err and out.startswith(f"{run / 'model.keras'} is trained")
    assert "images seen  24" in facegan("info", run)[1]


@pytest.mark.usefixtures("signals_heeded")
def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(drawn_faces, tmp_path):
    out = tmp_path / "my run"
    process = subprocess.Popen(
        command("train", drawn_faces.path, *TINY, "--images", 1_000_000, "--out", out),
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    # The folder of logs is made when training begins, which is when CTRL-C no longer ends it at once.
    while not list(out.glob("logs/*")) and process.poll() is None:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=120)
    assert (process.returncode, printed) == (130, "")
    assert errors.splitlines()[-1] == (
        f"facegan: stopped with a checkpoint; resume with: facegan train {drawn_faces.path} --out '{out}' --resume"
    )
    assert "Traceback" not in errors and (out / "model.keras").exists()
    assert Checkpoints(out / "checkpoints").describe()["images"] == 1_000_000


# From a model to pictures


def test_generate_in_a_shell_prints_the_file_and_nothing_else(model_file, tmp_path):
    out = tmp_path / "faces.png"
    asked = "gender=female,age=young,glasses=1,hair=blond"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    done = subprocess.run(
        command("generate", "--model", model_file, "--attrs", asked, "--count", 16, "--seed", 7, "--out", out),
        capture_output=True, text=True, env=environment, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, f"{out}\n")
    if TENSORFLOW:
        assert done.stderr == ""
    assert open_image(out).width > 4 * 128


def test_generate_is_repeatable(facegan, model_file, tmp_path):
    def files(count, name):
        asked = ("--attrs", "female", "--then", "glasses=0", "--then", "hair=black", "--count", count, "--seed", 7)
        code, out, err = facegan("generate", "--model", model_file, *asked, "--out", f"{tmp_path / name}/")
        assert (code, err) == (0, "")
        return [np.asarray(Image.open(path), "int16") for path in out.splitlines()]

    few, many = files(2, "few"), files(3, "many")
    # A column for each step, so the third picture is the first of the second column.
    assert len(few) == 6 and len(many) == 9
    for first, second in ((few[:2], many[:2]), (few[2:4], many[3:5]), (few[4:], many[6:8])):
        assert np.abs(np.stack(first) - np.stack(second)).max() <= 1


def test_without_a_seed_it_says_which_it_took(facegan, model_file, tmp_path):
    code, _, err = facegan("generate", "--model", model_file, "--count", 1, "--out", tmp_path / "faces.png")
    assert code == 0 and re.fullmatch(r"seed \d+\n", err)


def test_edit_takes_folders_and_files_of_every_kind(facegan, model_file, drawn_faces, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    face = Image.fromarray(np.array(drawn_faces.faces[0])).resize((64, 64), Image.Resampling.NEAREST)
    grey = np.asarray(face.convert("L"))
    face.save(photos / "plain.png")
    turned = Image.Exif()
    turned[0x0112] = 6
    face.rotate(90).save(photos / "turned.png", exif=turned)
    face.convert("P", palette=Image.Palette.ADAPTIVE, colors=256).save(photos / "palette.gif")
    face.convert("RGBA").save(photos / "rgba.webp", lossless=True)
    face.convert("CMYK").save(photos / "cmyk.tif")
    Image.fromarray(grey).save(photos / "grey.bmp")
    Image.fromarray(grey.astype("uint16") * 257).save(photos / "sixteen.png")
    face.save(tmp_path / "one more.jpg", quality=95, subsampling=0)
    (photos / "notes.txt").write_text("not a picture, and not asked for")

    out = tmp_path / "edited"
    wishes = ("--set", "glasses=1", "--set", "hair=black", "--from", "glasses=0, hair=brown", "--strength", 0)
    code, printed, err = facegan(
        "edit", photos, tmp_path / "one more.jpg", *wishes, "--model", model_file, "--out", out
    )
    assert (code, err) == (0, f"all 8 {ASSUMED}\n")
    edited = {path.stem: np.asarray(Image.open(path), "int16") for path in out.iterdir()}
    assert len(printed.splitlines()) == len(edited) == 8
    # Strength 0 gives every picture back as the model sees it.
    for name in ("turned", "palette", "rgba", "cmyk", "one more"):
        assert np.abs(edited[name] - edited["plain"]).mean() < 3, name
    assert np.abs(edited["grey"] - edited["sixteen"]).max() <= 1
    assert np.abs(edited["grey"].mean(2) - edited["plain"].mean(2)).mean() < 25


def test_edit_makes_a_sheet(facegan, model_file, tmp_path):
    Image.new("RGB", (300, 200), "red").save(tmp_path / "a.png")
    out = tmp_path / "edited.png"
    options = ("--set", "age=old", "--aligned", "--model", model_file, "--out", out)
    code, printed, _ = facegan("edit", tmp_path / "a.png", *options)
    assert (code, printed) == (0, f"{out}\n") and open_image(out).width > 2 * 128


def same_pixels(one, other):
    return np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(other)))


def test_plain_words_mean_what_attributes_mean(facegan, model_file, tmp_path):
    plain, exact = tmp_path / "plain.png", tmp_path / "exact.png"
    options = ("--model", model_file, "--count", 2, "--seed", 3, "--out")
    code, _, err = facegan("generate", "--text", "戴眼镜的老年 woman with a hat", *options, plain)
    assert code == 0
    assert err == "understood: glasses, old, female\nnot understood: hat\n"
    assert facegan("generate", "--attrs", "glasses, old, female", *options, exact)[0] == 0
    assert same_pixels(plain, exact)

    options = (exact, "--aligned", "--model", model_file, "--from", "male, glasses, hair=brown", "--out")
    code, _, err = facegan("edit", "--say", "take his glasses off", "--set", "hair=black", *options, tmp_path / "a.png")
    assert (code, err) == (0, "understood: no glasses\n")
    assert facegan("edit", "--set", "glasses=0,hair=black", *options, tmp_path / "b.png")[0] == 0
    assert same_pixels(tmp_path / "a.png", tmp_path / "b.png")


def test_a_picture_says_how_it_was_made_and_can_be_made_again(facegan, model_file, tmp_path):
    first, again, other = (tmp_path / name for name in ("first.png", "again.png", "other.png"))
    asked = ("--text", "戴眼镜", "--count", 2, "--seed", 5, "--then", "glasses=0", "--then", "old")
    assert facegan("generate", *asked, "--model", model_file, "--out", first)[0] == 0
    made = read_provenance(first)
    assert made["seed"] == 5 and made["count"] == 2 and made["attrs"] == "glasses=1" and "tiny, 32x32" in made["model"]
    assert Image.open(first).text["Comment"].startswith("Synthetic")
    assert facegan("generate", "--like", first, "--model", model_file, "--out", again)[0] == 0
    assert first.read_bytes() == again.read_bytes()
    assert facegan("generate", "--like", first, "--seed", 6, "--model", model_file, "--out", other)[0] == 0
    assert read_provenance(other) == made | {"seed": 6}

    edited, wish = tmp_path / "edited.png", ("--set", "hair=black", "--strength", 0.5)
    assert facegan("edit", first, "--aligned", *wish, "--model", model_file, "--out", edited)[0] == 0
    assert read_provenance(edited)["set"] == "hair=black" and read_provenance(edited)["strength"] == [0.5]
