"""Measures `facegan search` on the test split of a prepared data set: recall by identity, precision by attribute."""

import json
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from facegan.data.prepared import PreparedFaces
from facegan.edits import Edit
from facegan.images import save_image, to_images
from facegan.inference import load
from facegan.photos.align import Alignment
from facegan.search.query import ATTRIBUTES, IDENTITY, Query, description, find, likeness
from facegan.search.store import Index, IndexedFace, IndexedPhoto
from facegan.search.update import about_model, apply_changes, find_changes, photos_within

MANY = 50_000


@click.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.argument("index", type=click.Path(path_type=Path))
@click.option("--model", type=click.Path(path_type=Path), default="celeba128")
@click.option("--each", default=6, help="The maximum number of photos per person.")
@click.option("--seed", default=0)
def main(data, index, model, each, seed):
    """Indexes test faces of DATA in the file INDEX, searches them, and prints figures as JSON."""
    faces = PreparedFaces(data)
    random = np.random.default_rng(seed)
    test = random.permutation(faces.split("test"))
    people = np.unique(faces.identities[test])
    chosen = [number for person in people for number in test[faces.identities[test] == person][:each]]
    networks = load(model)
    with tempfile.TemporaryDirectory() as folder:
        for number, image in zip(chosen, to_images(faces.faces[chosen]), strict=True):
            save_image(image, Path(folder) / f"{number}.png")
        store = Index(index, about_model(model))
        begun = time.perf_counter()
        changes = find_changes(store, Path(folder), photos_within(Path(folder)))
        apply_changes(store, changes, networks)
        seconds = time.perf_counter() - begun
        edited = taken_off(store, faces, networks, Path(folder).resolve(), chosen)
    figures = {
        "photos": len(chosen),
        "people": len(people),
        "faces found": store.count()[1],
        "indexing, ms per photo": round(1000 * seconds / len(chosen)),
        "by identity": recall(store, faces, IDENTITY),
        "by attributes": recall(store, faces, ATTRIBUTES),
        "glasses=0 before": edited,
        "precision at 20": precision(store, faces),
        f"seconds, {MANY} faces": speed(index.with_suffix(".many.db"), store, random),
    }
    print(json.dumps(figures, indent=2))


def number_of(match):
    return int(match.photo.stem)


def recall(store, faces, by):
    """The share of faces with another photo of the same person first, and among the first ten."""
    ranks = []
    for row, vector in zip(*store.vectors(by), strict=True):
        path, _ = store.face(row)
        matches = [match for match in find(store, Query(by, vector), 11) if match.photo != path]
        ranks.append(rank_of(faces, int(path.stem), matches))
    return {"rank 1": share(ranks, 1), "rank 10": share(ranks, 10), "probes": len(ranks)}


def rank_of(faces, number, matches):
    same = [faces.identities[number_of(match)] == faces.identities[number] for match in matches]
    return same.index(True) + 1 if True in same else np.inf


def share(ranks, most):
    return round(float(np.mean([rank <= most for rank in ranks])), 3) if ranks else None


def taken_off(store, faces, networks, folder, chosen):
    """Rank-1 accuracy for photos with glasses among photos without, before and after `--set glasses=0`."""
    glasses = faces.labels[:, faces.columns.index("Eyeglasses")].astype(bool)
    plain = {faces.identities[number] for number in chosen if not glasses[number]}
    probes = [number for number in chosen if glasses[number] and faces.identities[number] in plain]
    figures = {"probes": len(probes)}
    for name, wishes in (("as they are", {}), ("edited", {"glasses": "0"})):
        ranks = []
        for number in probes:
            query = likeness(networks, folder / f"{number}.png", Edit(wishes), by=IDENTITY)
            matches = [match for match in find(store, query, len(chosen)) if not glasses[number_of(match)]]
            ranks.append(rank_of(faces, number, matches))
        figures[name] = {"rank 1": share(ranks, 1), "rank 10": share(ranks, 10)}
    return figures


def precision(store, faces):
    """For each value, the share of the first 20 faces that are labelled with it, and its share of all faces."""
    rows, _ = store.vectors(ATTRIBUTES)
    indexed = [int(store.face(row)[0].stem) for row in rows]
    attributes = store.attributes
    conditions = attributes.select(faces.labels, faces.columns)
    figures = {}
    for name, value in attributes.every_value():
        has = attributes.matching(conditions, {name: value})
        found = [number_of(match) for match in find(store, description(attributes, {name: value}), 20)]
        figures[f"{name}={value}"] = [round(float(has[found].mean()), 2), round(float(has[indexed].mean()), 2)]
    return figures


def speed(path, store, random):
    """Seconds of a search by description and by a face, in an index of many random faces."""
    path.unlink(missing_ok=True)
    names = [item.name for item in store.attributes.items]
    many = Index(path, {"model": store.model, "attribute_names": names, "columns": store.attributes.columns})
    place, width = Alignment(100, 0, 0, 0), len(store.attributes.every_value())
    for start in range(0, MANY, 1000):
        vectors = [(random.random(width, "f4"), random.random(128, "f4")) for _ in range(1000)]
        many.put(
            [
                IndexedPhoto(Path(f"/{start + number}.png"), (0, 0), [IndexedFace(1, place, *both)])
                for number, both in enumerate(vectors)
            ]
        )
    seconds = {}
    for by, size in ((ATTRIBUTES, width), (IDENTITY, 128)):
        begun = time.perf_counter()
        find(many, Query(by, random.random(size, "f4")), 20)
        seconds[by] = round(time.perf_counter() - begun, 2)
    seconds["megabytes"] = round(path.stat().st_size / 1e6)
    path.unlink()
    return seconds


if __name__ == "__main__":
    main()
