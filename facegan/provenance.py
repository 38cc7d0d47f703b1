"""The provenance recorded in images: how they were made, and that they are not photographs."""

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
# IPTC's source types by command; `align` only crops.
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
# The XMP of a JPEG file must fit into one segment.
_LONGEST_XMP = 65_000


def provenance_options(image_format: str, provenance: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of `PIL.Image.save` that write a provenance.

    Args:
        image_format: `"PNG"`, `"JPEG"`, `"WEBP"` or `"GIF"`.
        provenance: serialisable as JSON; `command` names the command that made the image.
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
    """The URI of an image's IPTC digital source type; None if the command that made it creates nothing synthetic."""
    return _SOURCE_TYPES.get(provenance.get("command", ""))


def read_provenance(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Reads how an image written by facegan was made.

    Args:
        path: a PNG, JPEG, WebP or GIF file.

    Returns:
        The provenance, as given to `provenance_options`.

    Raises:
        FaceganError: the file cannot be read, or has no valid provenance.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        raise FaceganError(f"cannot read {path}: not a regular file")
    try:
        with Image.open(path, formats=("PNG", "JPEG", "WEBP", "GIF")) as image:
            text = image.info.get(_KEY) or _of_xmp(image.info.get("xmp") or image.info.get("comment") or b"")
        provenance = json.loads(text)
    except OSError as error:
        raise FaceganError(f"cannot read {path}: {error.strerror or 'it is not an image'}") from error
    # The file is untrusted and may contain anything.
    except Exception as error:
        raise FaceganError(
            f"{path} has no record of how it was made; only images written by facegan have one"
        ) from error
    try:
        return check(provenance, PROVENANCE)
    except FaceganError as error:
        raise FaceganError(f"{path} has no valid record of how it was made: {error}") from error


def command_of(path: str | os.PathLike[str]) -> str | None:
    """The facegan command that wrote an image; None for any other image."""
    try:
        return read_provenance(path).get("command")
    except FaceganError:
        return None


def _of_xmp(xmp: bytes | str) -> str:
    text = xmp.decode("utf-8") if isinstance(xmp, bytes) else xmp
    found = re.search("<facegan:provenance>(.*?)</facegan:provenance>", text, re.DOTALL)
    return html.unescape(found[1]) if found else ""
