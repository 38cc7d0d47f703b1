"""The provenance that written images carry: how they were made, and that they are no photographs."""

import html
import json
import os
import re
from typing import Any
from xml.sax.saxutils import escape

from PIL import Image, PngImagePlugin

from facegan import __version__
from facegan.errors import FaceganError
from facegan.schemas import PROVENANCE, check

NOTE = "Synthetic: made or changed by a neural network. Not a photograph."
# IPTC's terms by the command that wrote an image; `align` only crops.
_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SOURCE_TYPES = {
    "generate": f"{_VOCABULARY}trainedAlgorithmicMedia",
    "edit": f"{_VOCABULARY}compositeWithTrainedAlgorithmicMedia",
    "evaluate": f"{_VOCABULARY}compositeWithTrainedAlgorithmicMedia",
}
_KEY = "facegan"
_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:CreatorTool="facegan {version}"\
{source_type} xmlns:facegan="https://facegan.invalid/xmp/">\
<facegan:provenance>{provenance}</facegan:provenance></rdf:Description></rdf:RDF></x:xmpmeta>"""
_SOURCE_TYPE = ' xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/" Iptc4xmpExt:DigitalSourceType="{}"'
# A JPEG file's XMP fits into one segment.
_LONGEST_XMP = 65_000


def provenance_options(image_format: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """What `PIL.Image.save` takes to write a provenance.

    Args:
        image_format: `"PNG"`, `"JPEG"`, `"WEBP"` or `"GIF"`.
        provenance: JSON-able; `command` names the command that made the image.
    """
    text = json.dumps(provenance, ensure_ascii=False)
    source = source_type(provenance)
    packet = xmp_packet(source, text)
    xmp = packet.encode("utf-8", "replace")
    if image_format != "PNG":
        return {"comment" if image_format == "GIF" else "xmp": xmp} if len(xmp) < _LONGEST_XMP else {}
    chunks = PngImagePlugin.PngInfo()
    chunks.add_text("Software", f"facegan {__version__}")
    if source:
        chunks.add_text("Comment", NOTE)
    chunks.add_itxt(_KEY, text)
    chunks.add_itxt("XML:com.adobe.xmp", packet)
    return {"pnginfo": chunks}


def xmp_packet(source: str | None, text: str) -> str:
    """The XMP packet with a provenance as JSON; `source` is as `source_type` returns it."""
    described = _SOURCE_TYPE.format(source) if source else ""
    return _XMP.format(version=__version__, source_type=described, provenance=escape(text))


def source_type(provenance: dict[str, Any]) -> str | None:
    """IPTC's term for how an image came about, a URI; None if the command that made it makes nothing synthetic."""
    return _SOURCE_TYPES.get(provenance.get("command", ""))


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any]:
    """How an image of facegan's was made.

    Args:
        path: a PNG, JPEG, WebP or GIF file.

    Returns:
        What `provenance_options` was given.

    Raises:
        FaceganError: it cannot be read, does not say, or says what no command writes.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise FaceganError(f"cannot read {path}: not a regular file")
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            text = image.info.get(_KEY) or _of_xmp(image.info.get("xmp") or image.info.get("comment") or b"")
        provenance = json.loads(text)
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror or 'it is not an image'}") from error
    # A stranger's file may hold anything.
    except Exception as error:
        raise FaceganError(f"{path} does not say how it was made; facegan's images do") from error
    try:
        return check(provenance, PROVENANCE)
    except FaceganError as error:
        raise FaceganError(f"{path} does not say how it was made: {error}") from error


def command_of(path: str | os.PathLike[str]) -> str | None:
    """The command that wrote an image; None if it was none of facegan's."""
    try:
        return read_provenance(path).get("command")
    except FaceganError:
        return None


def _of_xmp(xmp: bytes | str) -> str:
    text = xmp.decode("utf-8") if isinstance(xmp, bytes) else xmp
    found = re.search("<facegan:provenance>(.*?)</facegan:provenance>", text, re.DOTALL)
    return html.unescape(found[1]) if found else ""
