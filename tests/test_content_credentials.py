"""Signed images, with certificates that the tests make. Nothing here is online."""

import datetime
import io
import json
import sys

import pytest
from PIL import Image

from facegan import __version__
from facegan.content_credentials import CERTIFICATES, KEY, check_signing
from facegan.errors import FaceganError
from facegan.images import save_image
from facegan.provenance import read_provenance
from facegan.rendering.output import Output

c2pa = pytest.importorskip("c2pa", reason="the extra c2pa is not installed")
x509 = pytest.importorskip("cryptography.x509", reason="without cryptography, which makes the test's certificates")
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa  # noqa: E402

KEYS = {
    "Es256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "Es384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "Es512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate,
    "Ps256": lambda: rsa.generate_private_key(65537, 2048),
}
USES = (
    "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
    "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
)  # fmt: skip
FACE = Image.new("RGB", (32, 32), "tan")


def certificate(name, key, issuer, issuer_key, days=2):
    """A certificate of an authority, or one for signing, valid since yesterday; as C2PA demands them."""
    is_authority = name == issuer
    used = {"key_cert_sign", "crl_sign"} if is_authority else {"digital_signature"}
    names = [
        x509.Name([
            x509.NameAttribute(x509.NameOID.COMMON_NAME, common),
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Tests"),
        ])
        for common in (name, issuer)
    ]  # fmt: skip
    start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    builder = (
        x509.CertificateBuilder(names[1], names[0], key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.KeyUsage(**{use: use in used for use in USES}), critical=True)
    )
    if not is_authority:
        purposes = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(purposes, critical=False)
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def sign_with(tmp_path, monkeypatch):
    """A function that makes a certificate and its key and names them in the environment."""

    def prepare(algorithm="Es256", days=2):
        authority_key, key = KEYS["Es256"](), KEYS[algorithm]()
        chain = certificate("signer", key, "authority", authority_key, days)
        chain += certificate("authority", authority_key, "authority", authority_key)
        (tmp_path / "chain.pem").write_bytes(chain)
        # As `openssl ecparam -genkey` writes it; there is none for Ed25519.
        formats = serialization.PrivateFormat
        key_format = formats.PKCS8 if algorithm == "Ed25519" else formats.TraditionalOpenSSL
        pem = key.private_bytes(serialization.Encoding.PEM, key_format, serialization.NoEncryption())
        (tmp_path / "key.pem").write_bytes(pem)
        monkeypatch.setenv(CERTIFICATES, str(tmp_path / "chain.pem"))
        monkeypatch.setenv(KEY, str(tmp_path / "key.pem"))

    return prepare


def read(path):
    """The active manifest of an image, and the codes of what is wrong with it; a test's authority is never trusted."""
    with Image.open(path) as image:
        kind = image.get_format_mimetype()
    reader = json.loads(c2pa.Reader(kind, io.BytesIO(path.read_bytes())).json())
    failures = reader["validation_results"]["activeManifest"]["failure"]
    manifest = reader["manifests"][reader["active_manifest"]]
    return manifest, {failure["code"] for failure in failures} - {"signingCredential.untrusted"}


@pytest.mark.parametrize("name", ["a.png", "a.jpg", "a.webp", "a.gif"])
@pytest.mark.parametrize(
    ("command", "actions", "kind"),
    [
        ("generate", ["c2pa.created"], "trainedAlgorithmicMedia"),
        ("edit", ["c2pa.opened", "c2pa.edited"], "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_written_images_are_signed(sign_with, tmp_path, name, command, actions, kind):
    sign_with()
    output = Output(tmp_path / name, command, animated=name == "a.gif")
    if output.is_animation:
        output.save_animation([FACE, FACE.rotate(90)], {"seed": 1})
    else:
        output.save(FACE, {"seed": 1})
    manifest, failures = read(tmp_path / name)
    assert not failures
    made = manifest["assertions"][0]["data"]["actions"]
    assert [action["action"] for action in made] == actions
    assert made[-1]["digitalSourceType"] == f"http://cv.iptc.org/newscodes/digitalsourcetype/{kind}"
    generator = manifest["claim_generator_info"][0]
    assert (generator["name"], generator["version"]) == ("facegan", __version__)
    assert read_provenance(tmp_path / name) == {"seed": 1, "command": command}
    with Image.open(tmp_path / name) as image:
        image.load()
        assert image.size == FACE.size


@pytest.mark.parametrize("algorithm", KEYS)
def test_the_algorithm_follows_from_the_key(sign_with, tmp_path, algorithm):
    sign_with(algorithm)
    save_image(FACE, tmp_path / "a.png", {"command": "generate"})
    manifest, failures = read(tmp_path / "a.png")
    assert not failures and manifest["signature_info"]["alg"] == algorithm


def test_the_signature_covers_how_it_was_made(sign_with, tmp_path):
    sign_with()
    save_image(FACE, tmp_path / "a.webp", {"command": "generate", "attrs": "hair=blond"})
    path = tmp_path / "a.webp"
    path.write_bytes(path.read_bytes().replace(b"hair=blond", b"hair=black"))
    assert read_provenance(path)["attrs"] == "hair=black"
    assert read(path)[1] == {"assertion.dataHash.mismatch"}


@pytest.mark.parametrize("provenance", [None, {"command": "search"}, {"command": "align"}])
def test_only_what_is_synthetic_is_signed(sign_with, tmp_path, monkeypatch, provenance):
    sign_with()
    save_image(FACE, tmp_path / "a.png", provenance)
    monkeypatch.delenv(CERTIFICATES)
    monkeypatch.delenv(KEY)
    save_image(FACE, tmp_path / "b.png", provenance)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_without_a_certificate_nothing_changes(tmp_path):
    save_image(FACE, tmp_path / "a.png", {"command": "generate"})
    with pytest.raises(c2pa.C2paError.ManifestNotFound):
        read(tmp_path / "a.png")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda folder, environment: environment.delenv(KEY), f"set both {CERTIFICATES} and {KEY}"),
        (lambda folder, environment: environment.setenv(KEY, str(folder / "no.pem")), r"cannot read .*no.pem: No such"),
        (lambda folder, _: (folder / "key.pem").write_text("secret"), r"key.pem is not a private key"),
        (lambda folder, _: (folder / "chain.pem").write_text("junk"), r"cannot sign images with .*chain.pem"),
        (lambda folder, _: (folder / "key.pem").write_bytes(
            KEYS["Es256"]().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        ), r"cannot sign images with .*chain.pem"),
    ],
)  # fmt: skip
def test_what_cannot_sign_is_refused_before_anything_is_made(sign_with, tmp_path, monkeypatch, change, message):
    sign_with()
    check_signing("generate")
    change(tmp_path, monkeypatch)
    with pytest.raises(FaceganError, match=message) as raised:
        Output(tmp_path / "a.png", "generate")
    assert "secret" not in str(raised.value)
    Output(tmp_path / "a.png", "align")


def test_an_expired_certificate_is_refused(sign_with, tmp_path):
    sign_with(days=0.5)
    with pytest.raises(FaceganError, match="cannot sign images"):
        Output(tmp_path / "a.png", "edit")


def test_the_extra_is_named_where_it_is_missing(sign_with, monkeypatch):
    sign_with()
    monkeypatch.setitem(sys.modules, "c2pa", None)
    with pytest.raises(FaceganError, match=r"facegan\[c2pa\]"):
        check_signing("generate")
