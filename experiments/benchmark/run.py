"""All benchmarks in one command: `python experiments/benchmark/run.py`. Training steps first, as ratios.

Needs PyTorch besides facegan (`pip install torch`), for the peers' steps alone. Other programs distort images per
second; figures in processor time hold nevertheless.
"""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import click

HERE = Path(__file__).parent
OTHERS = ("use.py", "runtimes.py", "scaling.py")


def ours(
    recipe, size, batch_size, precision, backend="tensorflow", plain=False, devices=1, keep=True, avx2=False, rounds=5
):
    return {
        "kind": "keras",
        "backend": backend,
        "recipe": recipe,
        "size": size,
        "batch_size": batch_size,
        "precision": precision,
        "plain": plain,
        "devices": devices,
        "keep": keep,
        "avx2": avx2,
        "rounds": rounds,
    }


def peer(name, keep):
    return {"kind": "torch", "name": name, "keep": keep, "rounds": 5}


# `facegan train` keeps memory; the rows that do not, and those of the peers that do, show what that brings.
CONTENDERS = {
    "paper 128, plain step, float32": ours("paper", 128, 32, "float32", plain=True),
    "paper 128, float32": ours("paper", 128, 32, "float32"),
    "paper 128, bfloat16": ours("paper", 128, 32, "bfloat16"),
    "celeba128, batches of 16, float32": ours("celeba128", 128, 16, "float32"),
    "celeba128, batches of 16, float32, AVX2": ours("celeba128", 128, 16, "float32", avx2=True),
    "celeba128, batches of 16, bfloat16": ours("celeba128", 128, 16, "bfloat16"),
    "half width 64, float32": ours("half", 64, 32, "float32"),
    "half width 64, bfloat16": ours("half", 64, 32, "bfloat16"),
    "half width 64, float32, JAX": ours("half", 64, 32, "float32", "jax"),
    "tiny 64, bfloat16": ours("tiny", 64, 16, "bfloat16", rounds=100),
    "tiny 64, float32": ours("tiny", 64, 16, "float32", rounds=100),
    "tiny 64, float32, memory given back": ours("tiny", 64, 16, "float32", keep=False, rounds=100),
    "tiny 64, float32, AVX2": ours("tiny", 64, 16, "float32", avx2=True, rounds=100),
    "tiny 64, float32, 2 virtual devices": ours("tiny", 64, 16, "float32", devices=2, rounds=20),
    "tiny 64, float32, 4 virtual devices": ours("tiny", 64, 16, "float32", devices=4, rounds=20),
    "tiny 64, float32, JAX": ours("tiny", 64, 16, "float32", "jax", rounds=20),
    "tiny 64, float32, JAX, 2 virtual devices": ours("tiny", 64, 16, "float32", "jax", devices=2, rounds=20),
    "tiny 64, float32, JAX, 4 virtual devices": ours("tiny", 64, 16, "float32", "jax", devices=4, rounds=20),
    "AttGAN 128, float32, memory given back": peer("attgan", keep=False),
    "AttGAN 128, float32": peer("attgan", keep=True),
    "StarGAN 128, float32, memory given back": peer("stargan", keep=False),
    "StarGAN 128, float32": peer("stargan", keep=True),
}
REFERENCE = "AttGAN 128, float32"


def measure(contender, python):
    environment = os.environ | {
        "KERAS_BACKEND": contender.get("backend", "tensorflow"),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": str(HERE.parents[1]),
    }
    if contender.get("avx2"):
        # As on a processor without AVX-512.
        environment["ONEDNN_MAX_CPU_ISA"] = "AVX2"
    command = [python, str(HERE / "contender.py"), json.dumps(contender)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(done.stderr.splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def table(results):
    """A Markdown table of the medians of all rounds; ratios are those of neighbours in time."""
    lines = [
        "| step | images/s | per processor second | of AttGAN's | of a matrix product | its GFLOP/s "
        "| system time | page faults per step | GB | growth, MB |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, rounds in results.items():

        def median(key, rounds=rounds):
            return statistics.median(found[key] for found in rounds)

        ratio = share = ""
        if REFERENCE in results:
            pairs = zip(rounds, results[REFERENCE], strict=False)
            key = "images_per_processor_second"
            ratio = f"{statistics.median(found[key] / reference[key] for found, reference in pairs):.2f}"
        if rounds[0]["share_of_product"]:
            share = f"{median('share_of_product'):.0%}"
        speeds = f"{median('images_per_second'):.2f} | {median('images_per_processor_second'):.2f}"
        product = f"{median('product_flops_per_processor_second') / 1e9:.0f}"
        kernel = f"{median('system_share'):.0%} | {median('page_faults'):,.0f}"
        memory = f"{median('peak_memory') / 1e9:.1f} | {median('growth') / 1e6:.0f}"
        lines.append(f"| {name} | {speeds} | {ratio} | {share} | {product} | {kernel} | {memory} |")
    return "\n".join(lines)


@click.command()
@click.option("--only", help="Measure only the contenders whose names contain this, and nothing else.")
@click.option("--repeats", default=3, show_default=True, help="How often each is measured, all in turn.")
@click.option("--rounds", type=int, help="Timed steps of each.  [default: 5 to 100]")
@click.option("--torch-python", default=sys.executable, help="The Python that has PyTorch.  [default: this one]")
@click.option("--out", type=click.Path(path_type=Path), help="Write the results as JSON; those in it are kept.")
def main(only, repeats, rounds, torch_python, out):
    results = json.loads(out.read_text()) if out and out.exists() else {}
    for _ in range(repeats):
        for name, contender in CONTENDERS.items():
            if only is None or only in name:
                click.echo(name, err=True)
                python = torch_python if contender["kind"] == "torch" else sys.executable
                results.setdefault(name, []).append(measure(contender | ({"rounds": rounds} if rounds else {}), python))
                if out:
                    # After each: a run that is stopped has not been for nothing.
                    out.write_text(json.dumps(results, indent=1))
    names = [line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line]
    click.echo(f"{len(names)} cores of {names[0]}\n")
    click.echo(table({name: results[name] for name in CONTENDERS if name in results}))
    if only is None:
        for script in OTHERS:
            subprocess.run([sys.executable, str(HERE / script)], check=True)


if __name__ == "__main__":
    main()
