"""Compares photos with glasses to photos of the same people without, before and after the glasses are removed.

python experiments/augmentation/matching.py mini128
"""

import json
from pathlib import Path

import click
import numpy as np

from facegan.data.prepared import PreparedFaces
from facegan.identity import descriptors
from facegan.inference import load

COLUMN = "Eyeglasses"
EACH = 5  # photos of a person without glasses in the gallery
FALSE_MATCHES = 0.01


@click.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.option("--model", type=click.Path(path_type=Path), default="celeba128")
@click.option("--seed", default=0)
def main(data, model, seed):
    """Uses people in the validation and test splits of DATA who wear glasses in some photos only."""
    faces = PreparedFaces(data)
    wears = faces.labels[:, faces.columns.index(COLUMN)].astype(bool)
    unseen = np.concatenate([faces.split("validation"), faces.split("test")])
    random = np.random.default_rng(seed)
    gallery, probes, plain = [], [], []
    for person in np.unique(faces.identities[unseen]):
        photos = random.permutation(unseen[faces.identities[unseen] == person])
        without = photos[~wears[photos]]
        gallery += list(without[:EACH])
        if len(without) and wears[photos].any():
            probes += list(photos[wears[photos]])
            plain += list(without[EACH : EACH + wears[photos].sum()])
    networks = load(model)
    gallery, probes, plain = np.sort(gallery), np.sort(probes), np.sort(plain)
    people, known = faces.identities[gallery], descriptors(faces.faces[gallery])
    photos = faces.faces[probes]
    edited = networks.edit(photos, "glasses=0", source=networks.conditions_of(photos, {"glasses": "1"}))
    kinds = {
        "with glasses": (photos, probes),
        "glasses=0": (edited, probes),
        "without glasses, for comparison": (faces.faces[plain], plain),
    }
    for kind, (images, numbers) in kinds.items():
        print(json.dumps({"probes": kind, **compare(descriptors(images), faces.identities[numbers], known, people)}))


def compare(probes, of_probes, gallery, of_gallery):
    """How well descriptors distinguish the same people in a gallery from others."""
    distances = np.linalg.norm(probes[:, None] - gallery[None], axis=2)
    same = of_probes[:, None] == of_gallery[None]
    threshold = np.quantile(distances[~same], FALSE_MATCHES)
    nearest = of_gallery[distances.argmin(axis=1)]
    return {
        "photos": len(probes),
        "people": len(np.unique(of_probes)),
        "gallery": len(gallery),
        "distance, same person": round(float(distances[same].mean()), 3),
        "distance, others": round(float(distances[~same].mean()), 3),
        "rank 1": round(float((nearest == of_probes).mean()), 3),
        f"true matches at {FALSE_MATCHES} false ones": round(float((distances[same] < threshold).mean()), 3),
    }


if __name__ == "__main__":
    main()
