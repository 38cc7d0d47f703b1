"""Models on the Hugging Face hub: pushed with a model card, and pulled with the same checks as any file."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facegan import progress
from facegan.edits import Edit
from facegan.errors import FaceganError, first_line
from facegan.files import WriteGuard, atomic_write
from facegan.inference import FaceModel, load
from facegan.model_card import END, model_card
from facegan.model_files import MODEL_FILE, describe, find_model
from facegan.rendering.generated_faces import write_generated
from facegan.rendering.output import Output
from facegan.schemas import FIGURES, parse_json

# The names of files in a repository, next to the model.
CARD, FACES = "README.md", "faces.png"
# The number of faces on the card.
SHOWN = 8
Loader = Callable[[Path], FaceModel]


def push(
    model: str | Path | None, repository: str, report: Path | None = None, private: bool = False, loader: Loader = load
) -> str:
    """Writes a model, its card and an image of generated faces to a repository, which is created if there is none.

    Args:
        model: as for `find_model`.
        repository: `"owner/name"`.
        report: a folder that `facegan evaluate` wrote; its figures are added to the card.
        private: whether a new repository is private.
        loader: loads the model.

    Returns:
        The address of the repository.

    Raises:
        FaceganError: no such model or report, or the hub refuses.
    """
    file = find_model(model)
    loaded = loader(file)
    with _hub(repository) as hub, tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        shutil.copyfile(file, folder / MODEL_FILE)
        write_generated(loaded, Edit(), SHOWN, 0, [], Output(folder / FACES, "generate"))
        (folder / CARD).write_text(hub_card(file, repository, report), "utf-8")
        api = hub.HfApi(library_name="facegan")
        address = api.create_repo(repository, private=private or None, exist_ok=True)
        api.upload_folder(repo_id=repository, folder_path=folder, commit_message="Upload a facegan model")
    return str(address)


def pull(repository: str, out: str | Path, overwrite: bool = False, loader: Loader = load) -> Path:
    """Downloads a model, and keeps it only if it works; its card is saved next to it as `NAME.md`.

    Args:
        repository: `"owner/name"`.
        out: the `.keras` file to write.
        overwrite: whether to replace files.
        loader: loads the model.

    Returns:
        The path of the file.

    Raises:
        FaceganError: no such repository, it contains no model that `facegan.load` can load, the model does not work, or
            a file exists or cannot be written.
    """
    out = Path(out)
    if out.suffix != ".keras":
        raise FaceganError(f"cannot write {out}: the name of a model file ends with .keras")
    guard = WriteGuard(overwrite=overwrite)
    for path in (out, out.with_suffix(".md")):
        guard.check(path)
    with _hub(repository) as hub, tempfile.TemporaryDirectory() as temporary:
        api = hub.HfApi(library_name="facegan")
        file = Path(api.hf_hub_download(repository, MODEL_FILE, local_dir=temporary))
        try:
            _try(loader(file))
        # Untrusted graphs can fail in any way.
        except Exception as error:
            reason = first_line(error).replace(str(file), "it")
            raise FaceganError(f"{repository}/{MODEL_FILE} cannot be used: {reason}") from error
        found = {out: file}
        if api.file_exists(repository, CARD):
            found[out.with_suffix(".md")] = Path(api.hf_hub_download(repository, CARD, local_dir=temporary))
        for path, source in found.items():
            with atomic_write(path) as whole:
                shutil.copyfile(source, whole)
    return out


def _try(model: FaceModel) -> None:
    """Uses every network once, because graphs are loaded on first use."""
    name, value = model.attributes.every_value()[0]
    model.edit(model.generate(seed=0), {name: value}, force=True)


def hub_card(file: Path, repository: str, report: Path | None = None) -> str:
    """Returns a model's card in the hub's format: front matter, the card's own text, an image, commands and figures.

    Args:
        file: the model's.
        repository: its name on the hub.
        report: as for `push`.

    Raises:
        FaceganError: no such model or report.
    """
    from huggingface_hub import EvalResult, ModelCardData

    described, name = describe(file), repository.rpartition("/")[2]
    figures, tables = _read(report) if report else ({}, "")
    dataset = described["record"]["data"]["source"]["name"]
    results = [
        EvalResult("image-to-image", "faces", dataset, metric, value)
        for metric, value in figures.items()
        if value is not None
    ]
    data = ModelCardData(
        library_name="facegan",
        pipeline_tag="image-to-image",
        tags=["facegan", "face-generation", "face-editing", "gan", "keras"],
        license="other",
        license_name="terms-of-the-training-data",
        model_name=name if results else None,
        eval_results=results or None,
    )
    usage = (
        f"![Faces that this model generated]({FACES})\n\n```sh\npip install facegan\n"
        f"facegan pull {repository} {name}.keras\nfacegan generate --model {name}.keras --count 16\n```\n"
    )
    return f"---\n{data.to_yaml()}\n---\n\n{model_card(file)}\n{END}\n{usage}\n{tables}".rstrip() + "\n"


def _read(report: Path) -> tuple[dict[str, float | None], str]:
    """The figures of a report, and its tables with headings one level lower."""
    try:
        figures = parse_json((report / "figures.json").read_bytes(), FIGURES)["figures"]
        return figures, (report / "figures.md").read_text("utf-8").replace("## ", "### ")
    except OSError as error:
        raise FaceganError(f"{report} is not a report of `facegan evaluate`: {error.strerror}") from error


@contextmanager
def _hub(repository: str) -> Iterator[Any]:
    """The hub's library; its errors become `FaceganError`."""
    # It reads these variables when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if progress.are_hidden():
        os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    try:
        import huggingface_hub

        # The HTTP library's base class, from which the hub's own errors derive.
        from huggingface_hub.errors import HTTPError  # type: ignore[attr-defined]
    except ImportError as error:
        raise FaceganError('the hub needs huggingface_hub: pip install "facegan[hub]"') from error
    try:
        yield huggingface_hub
    except (HTTPError, OSError, ValueError) as error:
        raise FaceganError(f"{repository}: {' '.join(str(error).split()) or type(error).__name__}") from error
