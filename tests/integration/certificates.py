"""Certificates made for a test, each its own authority, for the names of this machine."""

import ssl
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.environment import require


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """A certificate and its key, in PEM form."""

    certificate: Path
    key: Path

    @property
    def settings(self) -> dict[str, str]:
        """What tells a service of them."""
        return {"TLS_CERT": str(self.certificate), "TLS_KEY": str(self.key)}

    @property
    def trust(self) -> ssl.SSLContext:
        """A caller's settings, which trust this certificate alone."""
        return ssl.create_default_context(cafile=str(self.certificate))

    @property
    def identity(self) -> ssl.SSLContext:
        """A server's settings, which show this certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def replace_with(self, others: "Files") -> None:
        """Put the others in these files' places, the key last, as a renewal does."""
        others.certificate.replace(self.certificate)
        others.key.replace(self.key)


def made(folder: Path, name: str = "first") -> Files:
    """A certificate valid for two days."""
    files = Files(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    command = [
        *(require("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
        *("-noenc", "-days", "2", "-subj", f"/CN={name}", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"),
        *("-keyout", str(files.key), "-out", str(files.certificate)),
    ]
    subprocess.run(command, check=True, capture_output=True)
    return files


def dated(folder: Path, name: str = "dated", *, begins: datetime, ends: datetime) -> Files:
    """A certificate valid from one day to another, which may be past."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    certificate = (
        x509.CertificateBuilder(issuer_name=named, subject_name=named, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .sign(key, hashes.SHA256())
    )
    files = Files(certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    files.certificate.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    files.key.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def lock(key: Path, locked: Path) -> Path:
    """The same key under a password."""
    command = [require("openssl"), "pkey", "-in", str(key), "-aes256", "-passout", "pass:x", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    return locked
