"""Keras, ONNX Runtime and LiteRT with the packaged model: `python experiments/benchmark/runtimes.py`.

Every row is a process of its own: from its start to the first face, then the fastest of some rounds, and its memory.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

ROUNDS = 20
STARTS = 3

PROCESS = """
import json, resource, sys, time
import numpy as np
kind, folder = sys.argv[1:]

def graph(name):
    if kind == "onnx":
        from facegan.graphs import Graph
        return Graph(f"{folder}/onnx/{name}.onnx")
    from ai_edge_litert.interpreter import Interpreter
    return Interpreter(f"{folder}/litert/{name}.tflite", num_threads=2).get_signature_runner()

random = np.random.default_rng(0)
images = random.uniform(-1, 1, (1, 128, 128, 3)).astype("float32")
source, target = np.zeros((1, 8), "float32"), np.ones((1, 8), "float32")
if kind.startswith("keras"):
    import facegan
    networks = facegan.load("celeba128", kind.split()[1]).networks
    description = networks.description
    generate, edit, find = networks.generate, networks.edit, networks.likelihoods
else:
    from facegan.model_files import describe
    description = describe("celeba128")
    generator, editor, finder = map(graph, ("generator", "editor", "attribute_finder"))
    generate = lambda noise, condition: generator(noise=noise, condition=condition)
    edit = lambda images, source, target: editor(images=images, source=source, target=target)
    find = lambda images, conditions: finder(images=images, conditions=conditions)
noise_size = description["recipe"]["networks"]["generator"]["noise_size"]
noise = random.standard_normal((1, noise_size), "float32")
calls = {
    "generate": lambda: generate(noise, source),
    "edit": lambda: edit(images, source, target),
    "find": lambda: find(images, np.eye(8, dtype="float32")),
}
for call in calls.values():
    call()
print(json.dumps({"ready": time.time()}), flush=True)
times = {}
for name, call in calls.items():
    rounds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        call()
        rounds.append(time.perf_counter() - start)
    times[name] = 1e3 * min(rounds)
print(json.dumps(times | {"memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3}))
""".replace("ROUNDS", str(ROUNDS))


def measure(kind, folder):
    best = None
    for _ in range(STARTS):
        start = time.time()
        command = [sys.executable, "-c", PROCESS, kind, folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        first, figures = map(json.loads, done.stdout.splitlines()[-2:])
        found = figures | {"cold": first["ready"] - start}
        best = {name: min(value, best[name]) for name, value in found.items()} if best else found
    return best


def command_seconds(*arguments):
    times = []
    for _ in range(STARTS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "facegan", *map(str, arguments)], check=True, capture_output=True)
        times.append(time.perf_counter() - start)
    return min(times)


def main():
    from PIL import Image
    from skimage.data import astronaut

    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    with tempfile.TemporaryDirectory() as folder:
        for format in ("onnx", "litert"):
            export = [sys.executable, "-m", "facegan", "export", "celeba128", f"{folder}/{format}", "--format", format]
            subprocess.run([*export, "--precision", "float16"], check=True, capture_output=True)
        click.echo("| | from start to first faces | generate | edit | find attributes | memory |")
        click.echo("|---|---|---|---|---|---|")
        for kind in ("keras float32", "keras bfloat16", "onnx", "litert"):
            found = measure(kind, folder)
            columns = [f"{found[name]:.1f} ms" for name in ("generate", "edit", "find")]
            click.echo(f"| {kind} | {found['cold']:.2f} s | {' | '.join(columns)} | {found['memory']:.0f} MB |")
        photo = Path(folder) / "photo.png"
        Image.fromarray(astronaut()).resize((1024, 1024)).save(photo)
        generate = command_seconds("generate", "--model", "celeba128", "--count", 1, "--out", Path(folder) / "face.png")
        edit = command_seconds(
            "edit", photo, "--model", "celeba128", "--set", "hair=black", "--out", Path(folder) / "out.png"
        )
        click.echo(f"\n`facegan generate --count 1`: {generate:.2f} s")
        click.echo(f"`facegan edit` of a photo of 1024x1024: {edit:.2f} s")


if __name__ == "__main__":
    main()
