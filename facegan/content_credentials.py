"""Content Credentials (C2PA): a signature over an image and its provenance, for users who have a certificate."""

import io
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from facegan import __version__
from facegan.errors import FaceganError
from facegan.provenance import source_type

if TYPE_CHECKING:
    import c2pa

CERTIFICATES, KEY = "FACEGAN_C2PA_CERTIFICATES", "FACEGAN_C2PA_KEY"
# By the size of the curve.
_ELLIPTIC = {256: "es256", 384: "es384", 521: "es512"}
# No thumbnails, which would make small files several times as large.
_SETTINGS = {"builder": {"thumbnail": {"enabled": False}}}


def sign(encoded: bytes, image_format: str, provenance: dict[str, Any]) -> bytes:
    """Adds Content Credentials to an image if the environment names a certificate and the image is synthetic.

    The environment variable `FACEGAN_C2PA_CERTIFICATES` names a PEM file of certificates, the signer's first, and
    `FACEGAN_C2PA_KEY` one of the private key. Nothing is looked up online.

    Args:
        encoded: the image file.
        image_format: as for `provenance_options`.
        provenance: as for `provenance_options`.

    Returns:
        The signed file, or `encoded` itself.

    Raises:
        FaceganError: one variable is set without the other, the extra `c2pa` is missing, or the files cannot be used.
    """
    certificates, key = os.environ.get(CERTIFICATES), os.environ.get(KEY)
    if not (certificates or key) or source_type(provenance) is None:
        return encoded
    if not (certificates and key):
        raise FaceganError(f"signing images needs a certificate and its key: set both {CERTIFICATES} and {KEY}")
    try:
        import c2pa
    except ImportError as error:
        raise FaceganError(f'{CERTIFICATES} is set, but signing needs pip install "facegan[c2pa]"') from error
    signed = io.BytesIO()
    try:
        signer = _signer(Path(certificates), Path(key))
        builder = c2pa.Builder(json.dumps(_manifest(provenance)), c2pa.Context.from_dict(_SETTINGS))
        builder.sign(signer, f"image/{image_format.lower()}", io.BytesIO(encoded), signed)
    except OSError as error:
        raise FaceganError(f"cannot read {error.filename}: {error.strerror}") from error
    except c2pa.C2paError as error:
        raise FaceganError(f"cannot sign images with {certificates}: {' '.join(str(error).split())}") from error
    return signed.getvalue()


def check_signing(command: str) -> None:
    """Raises `FaceganError` if a command's images should be signed and cannot be: signs a tiny one as a test."""
    encoded = io.BytesIO()
    Image.new("RGB", (1, 1)).save(encoded, "PNG")
    sign(encoded.getvalue(), "PNG", {"command": command})


def _manifest(provenance: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {"action": "c2pa.created", "digitalSourceType": source_type(provenance)}
    manifest: dict[str, Any] = {"claim_generator_info": [{"name": "facegan", "version": __version__}]}
    actions = [made]
    if provenance["command"] == "edit":
        # C2PA requires an edit to name the ingredient that was opened; nothing else is known about it here.
        manifest["ingredients"] = [{"label": "original", "relationship": "parentOf"}]
        opened: dict[str, Any] = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["original"]}}
        actions = [opened, made | {"action": "c2pa.edited"}]
    return manifest | {"assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}]}


def _signer(certificates: Path, path: Path) -> "c2pa.Signer":
    """The signer; its algorithm follows from the key."""
    import c2pa
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    pem = path.read_bytes()
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FaceganError(f"{path} is not a private key in PEM format without a passphrase") from error
    algorithm = "ps256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey):
        algorithm = _ELLIPTIC.get(key.curve.key_size, algorithm)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return c2pa.Signer.from_info(c2pa.C2paSignerInfo(algorithm, certificates.read_bytes(), pkcs8, None))
