"""How often a judge recognises each edit: of all test photos, and by source.

python experiments/own-attribute/measure.py judged celeba128 mine --judge judge.keras
"""

import json
from pathlib import Path

import click

import facegan

METRICS = ("edit_accuracy@1.0", "others_kept@1.0", "source_accuracy", "judge_accuracy")


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("models", nargs=-1, required=True)
@click.option("--judge", required=True, type=click.Path(path_type=Path))
@click.option("--faces", "limit", default=40, show_default=True, help="For each edit.")
@click.option("--out", type=click.Path(path_type=Path), help="A JSON file of all figures.")
def main(data, models, judge, limit, out):
    """Measures MODELS on the test split of DATA."""
    found = {}
    for model in models:
        report = facegan.evaluate(model, data, judge=judge, metrics=METRICS, limit=limit)
        measured = report.measurements
        origins = measured.faces.origins[measured.test]
        for trial in measured.trials(1.0):
            row = report.edits[trial.edit.label]
            for index, source in enumerate(measured.faces.sources):
                right = trial.is_right[origins[trial.where] == index]
                row[f"of {source}"] = f"{right.sum()} of {len(right)}"
            click.echo(f"{model} {trial.edit.label} {row}")
        found[model] = {"figures": report.figures, "edits": report.edits, "sources": report.sources}
        click.echo(f"{model} {found[model]['figures']}")
    if out:
        out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
