"""`facegan index`."""

from pathlib import Path

import click

from facegan.cli.options import MODEL_OPTION, load_model, report
from facegan.cli.program import Interrupted
from facegan.cli.result import Result, ResultCommand
from facegan.cli.types import PATH


@click.command(cls=ResultCommand)
@click.argument("photos", type=PATH)
@click.argument("index", type=PATH)
@MODEL_OPTION
def index(photos: Path, index: Path, model: Path | None) -> Result:
    """Detects the faces in the folder PHOTOS and its subfolders, and stores them in the file INDEX.

    The file contains the positions of the faces, their attributes as the model predicts them and, with the extra
    identity, dlib's face descriptors, but no images. Run the command again to update the file, or to resume. A second
    folder is added to the first.

    \b
    Examples:
      facegan index ~/Pictures faces.db
      facegan index ~/Holidays faces.db
      facegan search faces.db --text "an older man with glasses and gray hair"
    """
    from facegan import identity
    from facegan.files import reserve
    from facegan.rendering.output import Written
    from facegan.search.store import Index
    from facegan.search.update import about_model, apply_changes, find_changes, photos_within

    present, about = photos_within(photos), about_model(model)
    with reserve(index, is_folder=False):
        store = Index(index, about)
        changes = find_changes(store, photos, present)
        store.remove(changes.removed)
        remarks: list[str] = []
        if changes.pending:
            loaded = load_model(model)
            try:
                remarks = apply_changes(store, changes, loaded)
            except KeyboardInterrupt:
                kept, _ = store.count()
                raise Interrupted(f"stopped; {kept} photos are in {index}, and the same command resumes") from None
    if not identity.available():
        remarks.append('no descriptors for search by identity: pip install "facegan[identity]" adds them')
    written = Written([index], remarks, store.reasons(changes.folder))
    details = report(written)
    read, removed, unchanged = len(changes.pending), len(changes.removed), changes.unchanged
    count, faces = store.count()
    return Result(
        {"index": index, "photos": count, "faces": faces, "read": read, "removed": removed, "unchanged": unchanged,
         "identity": identity.available(), **details},
        [f"{index}: {faces} faces in {count} photos; {read} read now, {unchanged} unchanged, {removed} removed, "
         f"{len(written.left_out)} without a face"],
        written.left_out,
    )  # fmt: skip
