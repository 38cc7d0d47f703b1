"""The exported page in a browser: the same pictures as in Python, and no byte to another machine."""

import functools
import http.server
import importlib.util
import re
import shutil
import threading

import numpy as np
import pytest
from PIL import Image

import facegan
from facegan.errors import FaceganError
from facegan.images import save_image
from facegan.photos.photo import ALL, select_faces
from facegan.provenance import read_provenance
from facegan.web.export import export_page
from facegan.web.runtime import find_runtime

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="without playwright"),
    pytest.mark.skipif(BROWSER is None, reason="without a browser: apt-get install chromium"),
]
# A busy machine takes its time.
PATIENCE = 120_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the packaged model's page, served as any server would."""
    folder = tmp_path_factory.mktemp("site")
    try:
        find_runtime()
    except FaceganError as error:
        pytest.skip(str(error))
    export_page("celeba128", folder)

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *arguments):
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture
def tab(browser, address):
    """A tab with the page, in a window of its own; what it asked for all came from the page's server."""
    context, asked, errors = browser.new_context(viewport={"width": 1100, "height": 900}), [], []
    context.on("request", lambda request: asked.append(request.url))
    tab = context.new_page()
    tab.set_default_timeout(PATIENCE)
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(address)
    yield tab
    context.close()
    assert len(asked) > 10 and errors == []
    assert not [url for url in asked if not url.startswith((f"{address}/", f"blob:{address}/", "data:"))]


@pytest.fixture(scope="module")
def model():
    return facegan.load("celeba128")


def open_photo(tab, image, path):
    save_image(image, path)
    tab.get_by_label("Choose a photo").set_input_files(path)
    tab.get_by_label("The image, original").wait_for()


def slide(tab, name, value):
    tab.get_by_role("slider", name=re.compile(name)).fill(str(value))
    tab.locator("#after:not([aria-label$='original'])").wait_for()


def download(tab, path):
    with tab.expect_download() as downloaded:
        tab.get_by_role("button", name="Download").click()
    downloaded.value.save_as(path)
    return Image.open(path).convert("RGB")


def difference(one, other):
    return int(np.abs(np.asarray(one, "int16") - np.asarray(other, "int16")).max())


def test_an_edit_is_that_of_python(tab, model, tmp_path):
    face = model.generate("female, young, glasses=0", seed=7)
    open_photo(tab, face, tmp_path / "face.png")
    assert difference(download(tab, tmp_path / "same.png"), face) == 0
    with pytest.raises(FaceganError, match="has no record of how it was made"):
        read_provenance(tmp_path / "same.png")
    slide(tab, "Glasses", 1)
    edited = download(tab, tmp_path / "edited.png")
    assert difference(edited, face) > 50, "something was edited"
    assert difference(edited, model.edit(face, "glasses=1")) <= 2
    shown = tab.evaluate("[...document.querySelector('#after').getContext('2d').getImageData(0, 0, 128, 128).data]")
    assert difference(np.reshape(shown, (128, 128, 4))[..., :3], edited) == 0
    made = read_provenance(tmp_path / "edited.png")
    assert made["command"] == "edit" and made["set"] == "glasses=1"
    slide(tab, "Hair", 1)
    both = download(tab, tmp_path / "both.png")
    assert difference(both, model.edit(face, "glasses=1, hair=black")) <= 2
    assert difference(both, edited) > 50, "both wishes are edited"
    assert read_provenance(tmp_path / "both.png")["set"] == "glasses=1, hair=black"


def test_the_faces_of_a_photo_are_found_aligned_and_edited_as_in_python(tab, model, tmp_path):
    photo = Image.new("RGB", (640, 400), (120, 140, 160))
    for face, side, angle, place in zip(model.generate("young, glasses=0", 2, seed=3), (220, 190), (8, -6), (40, 340)):
        large = face.resize((side, side), Image.Resampling.BICUBIC)
        mask = Image.new("L", large.size, 255).rotate(angle, expand=True)
        photo.paste(large.rotate(angle, Image.Resampling.BICUBIC, expand=True), (place, 80), mask)
    open_photo(tab, photo, tmp_path / "two.png")
    tab.get_by_role("button", name="All faces").click()
    slide(tab, "Hair", 1)
    tab.get_by_text("2 faces edited").wait_for()
    edited = download(tab, tmp_path / "edited.png")
    faces, count = select_faces(photo, model.size, ALL)
    assert count == 2
    found = read_provenance(tmp_path / "edited.png")["faces"]
    assert np.abs(np.subtract(found, [face.alignment.bounding_box() for face in faces])).max() <= 1
    assert difference(edited, photo) > 20, "something was edited"
    assert difference(edited, model.edit_photo(photo, "hair=black", which=ALL)) <= 2


def test_a_face_is_generated_and_edited_on_a_phone_in_chinese(tab):
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.get_by_label("Language").select_option("zh")
    tab.get_by_role("button", name="生成人脸").click()
    tab.get_by_label("原图").first.wait_for()
    slider = tab.get_by_role("slider", name=re.compile("眼镜"))
    slider.focus()
    slider.press("ArrowRight")
    tab.get_by_label(re.compile("戴眼镜 0.05")).wait_for()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    unnamed = "[...document.querySelectorAll('button, input, select')].filter(each => each.checkVisibility()"
    unnamed += " && !(each.ariaLabel || each.innerText || each.labels?.length)).map(each => each.outerHTML)"
    assert tab.evaluate(unnamed) == []


def test_what_is_no_photo_and_what_has_no_face_is_refused_in_a_line(tab, tmp_path):
    (tmp_path / "text.png").write_text("no image")
    tab.get_by_label("Choose a photo").set_input_files(tmp_path / "text.png")
    tab.get_by_text("text.png cannot be read as an image.").wait_for()
    save_image(Image.new("RGB", (300, 200), "teal"), tmp_path / "teal.png")
    tab.get_by_label("Choose a photo").set_input_files(tmp_path / "teal.png")
    tab.get_by_text("No face was found in this image.").wait_for()
