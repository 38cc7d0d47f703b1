"""The studio's page: a session, shown with gradio. The logic is in `session.py`."""

import base64
import functools
import html
import io
import os
import secrets
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import gradio as gr
from PIL import Image

from facegan.errors import FaceganError
from facegan.inference import FaceModel
from facegan.photos.photo import ALL
from facegan.standard_attributes import Attribute
from facegan.studio.session import LARGEST_STRENGTH, MOST_FACES, Session, Slider, has_choice
from facegan.templates import render

# Fonts of the visitor's own machine; gradio's own themes download theirs.
THEME = gr.themes.Default(primary_hue="teal", font=["system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"])
CSS = """
.picture { position: relative; margin: 0 auto; width: min(100%, 40rem, calc(65vh * var(--aspect, 1))); }
.picture img { display: block; width: 100%; border-radius: 4px; }
.picture .before { position: absolute; inset: 0; clip-path: inset(0 calc(100% - var(--before, 0%)) 0 0); }
.picture::after { content: ""; position: absolute; inset: 0 auto 0 var(--before, 0%); opacity: var(--line, 0);
  border-left: 2px solid white; box-shadow: 0 0 3px black; }
.strip { display: flex; flex-wrap: wrap; gap: 6px; align-items: flex-start; max-height: 32rem; overflow-y: auto;
  padding: 4px; }
.strip button { width: var(--width); border: 2px solid transparent; border-radius: 6px; padding: 2px; cursor: pointer;
  font-size: 0.75rem; font-weight: normal; line-height: 1.2; overflow-wrap: anywhere; }
.strip button[aria-current=true] { border-color: var(--color-accent); }
.strip button:focus-visible { outline: 2px solid var(--color-accent); }
.strip img { display: block; width: 100%; border-radius: 4px; }
.welcome { text-align: center; padding: 4rem 1rem; }
/* Hidden overflow would make the container what things stick to, and it does not scroll. */
.gradio-container { overflow: clip !important; }
.sticky { position: sticky; top: 0; z-index: 100; background: var(--body-background-fill); align-self: flex-start; }
@media (max-width: 768px) { .picture { width: min(100%, calc(38vh * var(--aspect, 1))); } }
"""
SHOW_BEFORE = """share => {
  document.documentElement.style.setProperty('--before', share + '%');
  document.documentElement.style.setProperty('--line', share > 0 ? 1 : 0);
}"""
# Handles clicks in a strip of images, each of which is a button.
PICK = """element.addEventListener('click', event => {
  const button = event.target.closest('button');
  if (button) trigger('click', {index: Number(button.dataset.index)});
});"""
DOWNLOAD = """file => {
  const [name, data] = file.split('|');
  if (data) Object.assign(document.createElement('a'), {href: 'data:image/png;base64,' + data, download: name}).click();
}"""
WELCOME = '<p class="welcome">Pick a face, or open a photo with a face in it.</p>'


def build_page(model: FaceModel, model_name: str | os.PathLike[str] | None = None) -> gr.Blocks:
    """Builds the page.

    Args:
        model: the model.
        model_name: as for `Session`.
    """
    attributes = model.attributes
    with gr.Blocks(title="facegan studio", analytics_enabled=False) as page:
        session = gr.State()
        gr.Markdown("# facegan studio\nA small network generates and edits faces. Nothing leaves this machine.")
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                with gr.Tabs():
                    with gr.Tab("Generate"):
                        text = gr.Textbox(
                            label="Describe a face, in English or Chinese", placeholder="戴眼镜的金发女性"
                        )
                        with gr.Row():
                            choices = [_choice(item) for item in attributes.items]
                        with gr.Row():
                            count = gr.Slider(1, MOST_FACES, 8, step=1, label="Number of faces", min_width=180)
                            seed = gr.Number(1, label="Seed", precision=0, minimum=0, min_width=100)
                        with gr.Row():
                            generate = gr.Button("Generate", variant="primary", min_width=130)
                            surprise = gr.Button("New seed", min_width=130)
                        grid = _strip()
                    with gr.Tab("Photo"):
                        upload = gr.File(label="Drop a photo here, or choose one", height=150)
                        webcam = gr.Image(label="Or use the webcam", sources=["webcam"], type="pil", height=240)
                        faces = _strip()
                        all_faces = gr.Button("Edit all faces", visible=False)
                understood = gr.Markdown()
            with gr.Column(scale=5, min_width=320):
                with gr.Row():
                    with gr.Column(scale=3, min_width=320, elem_classes="sticky"):
                        picture = gr.HTML(WELCOME)
                        before = gr.Slider(0, 100, 0, step=1, label="Compare with the original (percent)")
                    with gr.Column(scale=2, min_width=280):
                        wish = gr.Textbox(
                            label="Say what to change, in English or Chinese", placeholder="take off the glasses"
                        )
                        sliders = {item.name: _slider(item) for item in attributes.items}
                        remark = gr.Markdown()
                history = _strip()
                with gr.Row():
                    undo = gr.Button("Undo", interactive=False)
                    download = gr.Button("Download PNG", interactive=False)
                command = gr.Textbox(label="The same image from the command line", interactive=False, lines=2)
                copy = gr.Button("Copy as command line")
                file = gr.Textbox(visible=False)

        live = [picture, command, remark, history, undo, download]
        shown = [*live, *(part for parts in sliders.values() for part in parts)]

        def show_live(visit: Session) -> list[Any]:
            can_undo = visit.step.parent is not None
            strip = [(visit.thumbnail(place), visit.describe(step)) for place, step in enumerate(visit.steps)]
            return [
                _compare(visit),
                visit.command,
                visit.remark(),
                _buttons("History: return to any image and branch from it", strip, "5rem", visit.now),
                gr.Button(interactive=can_undo),
                gr.Button(interactive=True),
            ]

        def show(visit: Session) -> list[Any]:
            values = [
                value
                for name, slider in visit.sliders.items()
                for value in (slider.position, slider.value)[: len(sliders[name])]
            ]
            return [*show_live(visit), *values]

        def begin() -> Session:
            return Session(model, model_name)

        def on_generate(visit: Session, text: str, count: int, seed: int, *values: str) -> list[Any]:
            wishes = {name: value for name, value in zip(attributes.names, values, strict=True) if value}
            remarks = visit.generate(wishes, text, int(count), int(seed or 0))
            found = [(face.face, _describe(visit, face.conditions[0])) for face in visit.faces]
            return [_buttons("Pick a face to edit", found, "7rem"), _lines(remarks)]

        def on_pick(visit: Session, event: gr.EventData) -> list[Any]:
            visit.pick(event.index + 1)
            return ["", gr.Button(visible=False), None, *show(visit)]

        def on_open(visit: Session, source: Any, name: str) -> list[Any]:
            remarks = visit.open(source, name)
            # The upload is cleared, so that the next one can be dropped.
            return [None, *show_faces(visit), _lines(remarks), *show(visit)]

        def show_faces(visit: Session) -> list[Any]:
            found = visit.photo_faces()
            labelled = [(face, f"face {number}") for number, face in found.items()]
            strip = _buttons("Choose a face of the photo", labelled, "5rem") if len(found) > 1 else ""
            return [strip, gr.Button(visible=len(found) > 1)]

        def on_face(visit: Session, event: gr.EventData) -> list[Any]:
            visit.choose_face(list(visit.photo_faces())[event.index])
            return show(visit)

        def on_all(visit: Session) -> list[Any]:
            visit.choose_face(ALL)
            return show(visit)

        def on_slide(name: str) -> Callable[..., list[Any]]:
            def slide(visit: Session, position: float, value: str | None = None) -> list[Any]:
                visit.slide(name, Slider(float(position or 0), value))
                return show_live(visit)

            return slide

        def on_say(visit: Session, text: str) -> list[Any]:
            remarks = visit.say(text)
            return [_lines(remarks), "", *show(visit)]

        def on_undo(visit: Session) -> list[Any]:
            visit.undo()
            return show(visit)

        def on_go(visit: Session, event: gr.EventData) -> list[Any]:
            visit.go(event.index)
            return show(visit)

        def on_download(visit: Session) -> str:
            name, content = visit.file()
            return f"{name}|{base64.b64encode(content).decode()}"

        def listen(
            trigger: Callable[..., Any], react: Callable[..., Any], inputs: Any, outputs: Any, **how: Any
        ) -> Any:
            # One image at a time across all tabs: on two cores, computing two at once is no faster.
            quietly = {"api_visibility": "private", "show_progress": "hidden", "concurrency_id": "model"}
            return trigger(_with_errors_shown(react), [session, *inputs], outputs, **quietly, **how)

        begun = page.load(begin, None, session, api_visibility="private")
        surprised = surprise.click(lambda: secrets.randbelow(10**6), None, seed, api_visibility="private")
        for trigger in (begun.then, surprised.then, generate.click, text.submit):
            listen(trigger, on_generate, [text, count, seed, *choices], [grid, understood])
        listen(grid.click, on_pick, [], [faces, all_faces, upload, *shown])
        opened = [upload, faces, all_faces, understood, *shown]
        listen(upload.upload, lambda visit, path: on_open(visit, path, Path(path).name), [upload], opened)
        listen(webcam.change, lambda visit, shot: on_open(visit, shot, "webcam.png"), [webcam], opened)
        listen(faces.click, on_face, [], shown)
        listen(all_faces.click, on_all, [], shown)
        for name, parts in sliders.items():
            for part in parts:
                listen(part.input, on_slide(name), parts, live, trigger_mode="always_last", queue=False)
            parts[0].release(lambda visit: visit.settle(), session, api_visibility="private", queue=False)
        listen(wish.submit, on_say, [wish], [understood, wish, *shown])
        listen(undo.click, on_undo, [], shown)
        listen(history.click, on_go, [], shown)
        before.input(None, before, None, js=SHOW_BEFORE)
        copy.click(None, command, None, js="text => { navigator.clipboard.writeText(text); }")
        listen(download.click, on_download, [], file).then(None, file, None, js=DOWNLOAD)
    return page


def _choice(item: Attribute) -> gr.Dropdown:
    values = [("any", ""), *((item.phrase(value), value) for value in item.values)]
    return gr.Dropdown(values, value="", label=_title(item.name), min_width=120)


def _slider(item: Attribute) -> list[Any]:
    """The slider of an attribute, and a menu of target values if it has more than two."""
    first, last = item.phrase(item.values[0]), item.phrase(item.values[-1])
    ends, towards = f"{first} ← 0 → {last}", []
    with gr.Group():
        if has_choice(item):
            ends = "away from it ← 0 → towards it"
            values = [(item.phrase(value), value) for value in item.editable_values]
            towards = [gr.Dropdown(values, value=values[0][1], label=f"{_title(item.name)}, towards")]
        position = gr.Slider(-LARGEST_STRENGTH, LARGEST_STRENGTH, 0, step=0.05, label=_title(item.name), info=ends)
    return [position, *towards]


def _strip() -> gr.HTML:
    return gr.HTML(js_on_load=PICK)


def _buttons(label: str, pictures: Iterable[tuple[Image.Image, str]], width: str, current: int | None = None) -> str:
    """A strip of captioned images that can be clicked."""
    shown = [(_data(image), caption) for image, caption in pictures]
    return render("studio/strip.html", label=label, pictures=shown, width=width, current=current)


def _with_errors_shown(react: Callable[..., Any]) -> Callable[..., Any]:
    """Shows errors that visitors can correct on the page, which otherwise stays as it is."""

    @functools.wraps(react)
    def careful(*arguments: Any) -> Any:
        try:
            return react(*arguments)
        except FaceganError as error:
            raise gr.Error(html.escape(str(error)), print_exception=False) from error

    return careful


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _lines(remarks: list[str]) -> str:
    return "\n\n".join(html.escape(remark) for remark in remarks)


def _describe(visit: Session, condition: Any) -> str:
    return visit.model.attributes.describe(visit.model.attributes.values(condition))


def _compare(visit: Session) -> str:
    """The image with the original on top, which the page clips."""
    before, after = visit.before_and_after()
    title, aspect = visit.describe(visit.step), after.width / after.height
    return render("studio/picture.html", title=title, aspect=aspect, before=_data(before), after=_data(after))


def _data(image: Image.Image) -> str:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92, subsampling=0)
    return f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}"
