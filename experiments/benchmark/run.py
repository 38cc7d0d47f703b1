"""Speed as ratios measured in one run: `python experiments/benchmark/run.py`.

Needs PyTorch besides facegan (`pip install torch`), for the peers' steps alone. Takes about twenty minutes on two
cores. Nothing else should run meanwhile.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import click

HERE = Path(__file__).parent


def ours(recipe, size, batch_size, precision, backend="tensorflow", plain=False):
    return {
        "kind": "keras",
        "backend": backend,
        "recipe": recipe,
        "size": size,
        "batch_size": batch_size,
        "precision": precision,
        "plain": plain,
    }


CONTENDERS = {
    "paper 128, plain step, float32": ours("paper", 128, 32, "float32", plain=True),
    "paper 128, float32": ours("paper", 128, 32, "float32"),
    "paper 128, bfloat16": ours("paper", 128, 32, "bfloat16"),
    "half width 64, JAX, float32": ours("half", 64, 32, "float32", "jax"),
    "half width 64, float32": ours("half", 64, 32, "float32"),
    "half width 64, bfloat16": ours("half", 64, 32, "bfloat16"),
    "tiny 64, bfloat16": ours("tiny", 64, 16, "bfloat16"),
    "AttGAN 128, PyTorch, float32": {"kind": "torch", "name": "attgan"},
    "StarGAN 128, PyTorch, float32": {"kind": "torch", "name": "stargan"},
}


def measure(contender, python):
    environment = os.environ | {"KERAS_BACKEND": contender.get("backend", "tensorflow"), "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [python, str(HERE / "contender.py"), json.dumps(contender)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise click.ClickException(done.stderr.splitlines()[-1])
    return json.loads(done.stdout.splitlines()[-1])


def table(results):
    """A Markdown table of the results so far."""
    attgan = results.get("AttGAN 128, PyTorch, float32", {}).get("images_per_second")
    lines = ["| step | images/s | of AttGAN's | GFLOP/s | of a matrix product | GB |", "|---|---|---|---|---|---|"]
    for name, found in results.items():
        speed, flops = found["images_per_second"], found["step_flops_per_image"]
        ratio = f"{speed / attgan:.2f}" if attgan else ""
        achieved = f"{flops * speed / 1e9:.0f}" if flops else ""
        share = f"{flops * speed / found['ceiling_flops']:.0%}" if flops else ""
        lines.append(f"| {name} | {speed:.2f} | {ratio} | {achieved} | {share} | {found['peak_memory'] / 1e9:.1f} |")
    return "\n".join(lines)


@click.command()
@click.option("--only", help="Measure only the contenders whose names contain this.")
@click.option("--torch-python", default=sys.executable, help="The Python that has PyTorch.  [default: this one]")
@click.option("--out", type=click.Path(path_type=Path), help="Write the results as JSON.")
def main(only, torch_python, out):
    results = {}
    for name, contender in CONTENDERS.items():
        if only is None or only in name:
            click.echo(name, err=True)
            results[name] = measure(contender, torch_python if contender["kind"] == "torch" else sys.executable)
            if out:
                # After each: a run that is stopped has not been for nothing.
                out.write_text(json.dumps(results, indent=1))
    click.echo(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores\n")
    click.echo(table(results))


if __name__ == "__main__":
    main()
