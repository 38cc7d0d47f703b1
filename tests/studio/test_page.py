"""The studio in a browser: what visitors see and press, and that nothing leaves the machine or stays behind."""

import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MISSING = [name for name in ("gradio", "playwright") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.skipif(bool(MISSING), reason=f"without {' and '.join(MISSING)}: pip install 'facegan[studio,test]'"),
    pytest.mark.skipif(BROWSER is None, reason="without a browser: apt-get install chromium"),
]
# A busy machine takes its time.
PATIENCE = 30_000


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of a studio whose home and temporary folder are empty, and stay so."""
    folder = tmp_path_factory.mktemp("studio")
    environment = os.environ | {"HOME": str(folder), "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "facegan", "studio", "--model", "celeba128", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as studio:
        yield studio.stdout.readline().split()[0]
        assert any(folder.iterdir()), "gradio's folder exists while it runs"
        studio.send_signal(signal.SIGTERM)
        studio.wait(30)
    left = [str(path) for path in folder.rglob("*")]
    assert left == []


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    """A browser whose webcam films a generated face."""
    from playwright.sync_api import sync_playwright

    from facegan import load

    folder = tmp_path_factory.mktemp("webcam")
    face = load("celeba128").generate("female, young, glasses=0", seed=7)
    frame = Image.new("RGB", (640, 480), face.getpixel((1, 1)))
    frame.paste(face.resize((480, 480)), (80, 0))
    frame.save(folder / "frame.jpg", quality=95)
    (folder / "film.mjpeg").write_bytes(30 * (folder / "frame.jpg").read_bytes())
    webcam = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    webcam += [f"--use-file-for-fake-video-capture={folder / 'film.mjpeg'}"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", *webcam])
        yield running
        running.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page in a tab of its own once its first faces are there."""
    tabs, asked = [], []

    def open_tab(width=1300):
        tab = browser.new_page(viewport={"width": width, "height": 900})
        tab.set_default_timeout(PATIENCE)
        tab.on("request", lambda request: asked.append(request.url))
        tab.goto(address)
        tab.get_by_role("group", name="Pick a face").get_by_role("button").nth(7).wait_for()
        tabs.append(tab)
        return tab

    yield open_tab
    for tab in tabs:
        tab.close()
    assert not [url for url in asked if not url.startswith((f"{address}/", "data:", "blob:"))]


def pick(tab, number):
    tab.get_by_role("group", name="Pick a face").get_by_role("button").nth(number).click()
    tab.get_by_alt_text("The image, original").wait_for()


def history(tab):
    return tab.get_by_role("group", name="History").get_by_role("button").all_inner_texts()


def command(tab):
    return tab.get_by_label("The same image from the command line").input_value()


def test_edit_undo_and_branch_by_keyboard_alone(visit, address):
    tab, other = visit(), visit()
    pick(tab, 1)
    pick(other, 4)
    slider = tab.get_by_role("slider", name=re.compile("Glasses"))
    slider.focus()
    for _ in range(4):
        slider.press("ArrowRight")
    tab.get_by_alt_text("The image, glasses 0.2").wait_for()
    assert history(tab) == ["original", "glasses 0.2"]
    wish = tab.get_by_label("Say what to change")
    wish.fill("把头发变成黑色")
    wish.press("Enter")
    tab.get_by_alt_text("The image, glasses 0.2, black hair").wait_for()
    assert "--then 'glasses=1:0.2, hair=black'" in command(tab) and "--count 2 --seed 1" in command(tab)
    tab.get_by_role("button", name="Undo").press("Enter")
    tab.get_by_alt_text("The image, glasses 0.2").and_(tab.locator("[alt$='0.2']")).wait_for()
    tab.get_by_role("group", name="History").get_by_role("button").first.press("Enter")
    tab.get_by_alt_text("The image, original").wait_for()
    assert len(history(tab)) == 3 and slider.input_value() == "0"
    assert history(other) == ["original"] and "--count 5" in command(other), "the other tab has its own session"


def test_downloads_say_how_they_were_made(visit, tmp_path):
    from facegan.provenance import read_provenance

    tab = visit()
    pick(tab, 0)
    with tab.expect_download() as download:
        tab.get_by_role("button", name="Download").click()
    download.value.save_as(tmp_path / "face.png")
    assert download.value.suggested_filename == "face-1.png"
    assert read_provenance(tmp_path / "face.png")["command"] == "generate"


def test_a_photo_and_what_is_none(visit, tmp_path):
    from facegan import load
    from facegan.images import save_image

    tab = visit()
    tab.get_by_role("tab", name="Photo").click()
    (tmp_path / "no <b>photo.png").write_text("no image")
    tab.locator("input[type=file]:not([accept])").set_input_files(tmp_path / "no <b>photo.png")
    tab.get_by_text(re.compile("cannot read .*not an image")).wait_for()
    assert tab.get_by_text("Pick a face, or open a photo").is_visible()
    tab = visit()
    tab.get_by_role("tab", name="Photo").click()
    save_image(load("celeba128").generate("female, young", seed=3), tmp_path / "face.png")
    tab.locator("input[type=file]:not([accept])").set_input_files(tmp_path / "face.png")
    tab.get_by_alt_text("The image, original").wait_for()


def test_a_shot_of_the_webcam(visit):
    tab = visit()
    tab.get_by_role("tab", name="Photo").click()
    tab.get_by_role("button", name="Click to Access Webcam").click()
    tab.get_by_role("button", name="capture photo").click()
    tab.get_by_alt_text("The image, original").wait_for()
    assert "female" in tab.get_by_text("Predicted:").inner_text()


def test_a_phone(visit):
    tab = visit(390)
    pick(tab, 2)
    assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert tab.locator(".picture").bounding_box()["width"] > 250
    last = tab.get_by_role("slider", name=re.compile("Hair"))
    last.evaluate("slider => slider.scrollIntoView({block: 'end'})")
    tab.wait_for_function("scrollY > 500")
    box, slider = tab.locator(".picture").bounding_box(), last.bounding_box()
    assert box["y"] >= 0 and box["y"] + box["height"] <= slider["y"], "the picture stays in sight, above the slider"
    unnamed = "[...document.querySelectorAll('button, input, textarea')].filter(each => each.checkVisibility()"
    unnamed += (
        " && !(each.ariaLabel || each.innerText || each.title || each.labels?.length)).map(each => each.outerHTML)"
    )
    assert tab.evaluate(unnamed) == []


def test_strangers_cannot_reach_it(address):
    with urllib.request.urlopen(address) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    elsewhere = urllib.request.Request(address, headers={"Host": "elsewhere.example"})
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(elsewhere)
