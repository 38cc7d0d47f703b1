"""Hides labels of joined data, as if its sources had been labelled for different attributes.

python experiments/own-attribute/hide_labels.py joined hidden --know lfw=gender --know celeba-10k-small=Smiling
"""

import json
from pathlib import Path

import click
import numpy as np

from facegan.attributes import Attributes
from facegan.data.prepared import PreparedFaces, write_names


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("out", type=click.Path(path_type=Path))
@click.option("--know", required=True, multiple=True, metavar="SOURCE=ATTRIBUTES", help="What is known in a source.")
@click.option("--labels", type=int, metavar="COUNT", help="Keep so many training labels of the last source.")
@click.option("--test", type=int, metavar="COUNT", help="Write only test faces, the last so many of each source.")
def main(data, out, know, labels, test):
    """Writes to OUT the faces of the sources in DATA that --know names, with only the labels that it names."""
    faces = PreparedFaces(data)
    wanted = {source: names.split(",") for source, _, names in (each.partition("=") for each in know)}
    columns = Attributes(
        list(dict.fromkeys(name for names in wanted.values() for name in names)), faces.columns
    ).columns
    sources = [faces.sources.index(source) for source in wanted]
    chosen = np.flatnonzero(np.isin(faces.origins, sources))
    if test:
        chosen = faces.split("test")
        chosen = np.sort(np.concatenate([chosen[faces.origins[chosen] == index][-test:] for index in sources]))
    known = faces.known_of(chosen, columns)
    for index, names in zip(sources, wanted.values(), strict=True):
        own = Attributes(names, faces.columns).columns
        known[np.ix_(faces.origins[chosen] == index, [column not in own for column in columns])] = False
    if labels:
        training = np.isin(chosen, faces.split("train")) & (faces.origins[chosen] == sources[-1])
        rows = np.random.default_rng(0).permutation(np.flatnonzero(training))
        known[rows[labels:]] = False
    out.mkdir()
    np.save(out / "faces.npy", faces.faces[chosen])
    np.save(out / "labels.npy", faces.labels[chosen][:, [faces.columns.index(column) for column in columns]] * known)
    np.save(out / "known.npy", known)
    for name in ("split", "identities"):
        np.save(out / f"{name}.npy", np.load(data / f"{name}.npy")[chosen])
    np.save(out / "origins.npy", np.array([sources.index(origin) for origin in faces.origins[chosen]], "uint8"))
    write_names(out, [faces.names[index] for index in chosen])
    counts = {name: int(np.isin(chosen, faces.split(name)).sum()) for name in faces.info["splits"]}
    described = {**faces.info["source"], "name": " + ".join(wanted)}
    described["sources"] = [described["sources"][index] for index in sources]
    info = {**faces.info, "source": described, "columns": list(columns), "count": len(chosen), "splits": counts}
    (out / "prepared.json").write_text(json.dumps(info, indent=2))
    for column, counts in PreparedFaces(out).counts().items():
        click.echo(f"{column:12} {counts}")


if __name__ == "__main__":
    main()
