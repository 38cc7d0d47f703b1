"""Kills training or data preparation at random moments, or fills the disk, resumes it, and compares the results.

`python experiments/crashes/run.py` needs Linux, and the right to mount a tmpfs for its last part.
"""

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import zipfile
from collections import Counter
from io import BytesIO
from pathlib import Path

import click
import h5py
import numpy as np
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader

STEPS, BATCH = 6, 8
SMALL = [
    "networks.encoder.filters=4", "networks.encoder.max_filters=8", "networks.generator.noise_size=10",
    "networks.editor.residual_blocks=1",
]  # fmt: skip
SIGNALS = {"SIGKILL": signal.SIGKILL, "SIGTERM": signal.SIGTERM}
# The moments of a kill: any time, or while such a file is being written.
MOMENTS = {"any": None, "checkpoint": ".*-step-*.npz", "model": ".*-model.keras", "log": "events.*"}


def prepare_command(out, count=1500):
    return [sys.executable, "-m", "facegan", "prepare", "drawn", str(out), "--size", "32", "--count", str(count), "-q"]


def train_arguments(data, out):
    """A run with a checkpoint after every step; resumes if there is a checkpoint."""
    steps = ["--images", str(STEPS * BATCH), "--checkpoint-minutes", "0.0001"]
    changes = [word for assignment in SMALL for word in ("--set", assignment)]
    # If the first checkpoint was being written, there is a model without a checkpoint.
    new = ["--overwrite", "--recipe", "tiny", *changes, "--batch-size", str(BATCH), "--precision", "float32"]
    begun = any((out / "checkpoints").glob("step-*.npz"))
    return ["train", str(data), "--out", str(out), *steps, *(["--resume"] if begun else new)]


def fork(arguments, log):
    """Starts a command in a forked process, which need not import TensorFlow again."""
    child = os.fork()
    if child:
        return child
    for descriptor in (1, 2):
        os.dup2(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND), descriptor)
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    code = 1
    try:
        import tensorflow

        from facegan.cli import main

        # For so few steps, tracing a graph would take longer than the steps.
        tensorflow.config.run_functions_eagerly(True)
        main(arguments)
    except SystemExit as leaving:
        code = leaving.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def wait(child):
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def ended(child):
    found, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if found else None


def steps_saved(out):
    return [int(path.stem.split("-")[1]) for path in sorted((out / "checkpoints").glob("step-*.npz"))]


def check_readable(out):
    """Checks that every finished file of a run is intact, except for the end of an event file."""
    for path in (out / "checkpoints").glob("step-*.npz"):
        with np.load(path) as file:
            assert all(file[name] is not None for name in file.files)
    if (out / "model.keras").exists():
        with zipfile.ZipFile(out / "model.keras") as file:
            assert file.testzip() is None
    for path in (out / "logs").glob("events*"):
        list(RawEventFileLoader(str(path)).Load())


def end_of(out):
    """All arrays of the last checkpoint and all weights of the model."""
    with np.load(sorted((out / "checkpoints").glob("step-*.npz"))[-1]) as file:
        arrays = {name: file[name].tobytes() for name in file.files if name != "description"}
    with (
        zipfile.ZipFile(out / "model.keras") as archive,
        h5py.File(BytesIO(archive.read("model.weights.h5"))) as weights,
    ):
        weights.visititems(
            lambda name, item: arrays.update({name: item[()].tobytes()}) if isinstance(item, h5py.Dataset) else None
        )
    return steps_saved(out)[-1], arrays


def kill_training(data, out, name, moment, seconds, log):
    """Starts or resumes a run and kills it. Returns a description, or None if the run finished first."""
    pattern, start = MOMENTS[moment], time.monotonic()
    at = start + random.uniform(0, seconds)
    child, seen, sizes = fork(train_arguments(data, out), log), max(steps_saved(out), default=0), {}
    while (code := ended(child)) is None:
        seen = max([seen, *steps_saved(out)])
        due = time.monotonic() >= at
        if due and pattern:
            found = {path: path.stat().st_size for path in out.rglob(pattern) if path.exists()}
            due = any(size > sizes.get(path, 0) for path, size in found.items())
            sizes = found
        if due:
            os.kill(child, SIGNALS[name])
            code = wait(child)
            check_readable(out)
            saved = max(steps_saved(out), default=0)
            assert saved >= seen, f"{saved} after {seen}"
            return {"signal": name, "moment": moment, "step": saved, "code": code, "left": len(list(out.rglob(".*")))}
        time.sleep(0.001)
    assert code in (0, 130), (code, log.read_text()[-2000:])
    return None


def kill_trainings(data, whole, seconds, kills):
    folder, expected = whole.parent, end_of(whole)
    log = folder / "log"
    each = {"any": kills - 3 * (kills // 5), **dict.fromkeys(("checkpoint", "model", "log"), kills // 5)}
    planned = [(name, moment) for moment, count in each.items() for name in SIGNALS for _ in range(count)]
    random.shuffle(planned)
    happened, runs = [], 0
    while planned:
        out, runs = folder / f"run{runs}", runs + 1
        while planned and STEPS not in steps_saved(out):
            if found := kill_training(data, out, *planned[-1], seconds, log):
                planned.pop()
                happened.append(found)
                click.echo(json.dumps(found), err=True)
        if STEPS not in steps_saved(out):
            assert wait(fork(train_arguments(data, out), log)) == 0, log.read_text()[-2000:]
        assert end_of(out) == expected, f"{out} ended in another way"
        click.echo(f"run {runs} ended with the same bits as the uninterrupted one", err=True)
    counts = Counter((found["signal"], found["moment"]) for found in happened)
    for name in SIGNALS:
        numbers = ", ".join(f"{counts[name, moment]} {moment}" for moment in MOMENTS)
        click.echo(f"| train, {name} | {numbers} | {runs} runs, all ends identical |")
    unfinished = sum(found["left"] > 0 for found in happened)
    click.echo(f"{unfinished} kills left an unfinished file behind; exit codes {Counter(f['code'] for f in happened)}")


def contents(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def kill_preparations(folder, kills):
    whole, start = folder / "prepared", time.monotonic()
    subprocess.run(prepare_command(whole), check=True, capture_output=True)
    seconds, expected = time.monotonic() - start, contents(whole)
    for name, number in SIGNALS.items():
        killed = runs = 0
        while killed < kills:
            out, runs = folder / f"{name}{runs}", runs + 1
            while killed < kills and not out.exists():
                process = subprocess.Popen(prepare_command(out), stdout=-3, stderr=-3)
                try:
                    process.wait(random.uniform(0, 1.1 * seconds))
                except subprocess.TimeoutExpired:
                    process.send_signal(number)
                    process.wait()
                    killed += 1
            if not out.exists():
                # A worker that is still writing may hold the lock for a moment.
                time.sleep(1)
                subprocess.run(prepare_command(out), check=True, capture_output=True)
            assert contents(out) == expected, f"{out} ended in another way"
        click.echo(f"| prepare, {name} | {killed} any | {runs} runs, all ends identical |")


def fill_disks(data, whole, trials):
    """Fills the disk at some point of a run, then frees it."""
    log, disk, expected = data.with_name("log"), data.with_name("disk"), end_of(whole)
    total = sum(path.stat().st_size for path in whole.rglob("*") if path.is_file())
    disk.mkdir()
    messages = Counter()
    for trial in range(trials):
        size = int(total * (trial + 0.5) / trials) // 4096 * 4096
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(disk)], check=True)
        try:
            log.write_text("")
            code, out = wait(fork(train_arguments(data, disk / "run"), log)), disk / "run"
            last = log.read_text().splitlines()[-1]
            assert code == 2 and last.startswith("facegan: cannot write") and "Traceback" not in log.read_text(), last
            messages[next(kind for kind in ("logs", "checkpoints", "model.keras") if kind in last)] += 1
            check_readable(out)
            subprocess.run(["mount", "-o", "remount,size=256m", str(disk)], check=True)
            # The last event may be what the disk had no room for; then the run is over.
            if STEPS not in steps_saved(out):
                assert wait(fork(train_arguments(data, out), log)) == 0, log.read_text()[-2000:]
            assert end_of(out) == expected
        finally:
            subprocess.run(["umount", str(disk)], check=True)
    click.echo(f"| train, full disk | {trials} sizes | all ends identical; {dict(messages)} |")


PARTS = ("train", "prepare", "disk")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--kills", default=50, show_default=True, help="For each signal and command.")
@click.option("--disks", default=10, show_default=True, help="Sizes of the disk.")
@click.option("--seed", default=0, show_default=True)
def main(parts, kills, disks, seed):
    random.seed(seed)
    # Before the processes that share it are forked.
    import tensorflow  # noqa: F401

    import facegan.training.run  # noqa: F401

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "prepare" in (parts or PARTS):
            kill_preparations(folder, kills)
        data, whole = folder / "faces", folder / "train"
        subprocess.run(prepare_command(data, 240), check=True, capture_output=True)
        start = time.monotonic()
        assert wait(fork(train_arguments(data, whole), folder / "log")) == 0, (folder / "log").read_text()
        seconds = time.monotonic() - start
        if "train" in (parts or PARTS):
            kill_trainings(data, whole, seconds, kills)
        if "disk" in (parts or PARTS):
            fill_disks(data, whole, disks)


if __name__ == "__main__":
    main()
