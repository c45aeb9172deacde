"""The certificate we prove ourselves with: read anew when its files change, so that a renewed one needs no restart.

The settings are Mozilla's intermediate ones (Server Side TLS 5.7, https://wiki.mozilla.org/Security/Server_Side_TLS):
TLS 1.2 and 1.3, forward secrecy and authenticated encryption only, the caller's order of ciphers, no session tickets,
whose key would outlive every session. Of the ciphers for TLS 1.2 those with finite-field Diffie-Hellman are left out:
no caller since 2014 needs them, and they would need parameters of their own.
"""

import os
import ssl
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from telemetry.certificate_state import CertificateState
from telemetry.events import CertificateAged, CertificateChanged, Observe

CIPHERS = ":".join(
    (
        "ECDHE-ECDSA-AES128-GCM-SHA256",
        "ECDHE-RSA-AES128-GCM-SHA256",
        "ECDHE-ECDSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305",
        "ECDHE-RSA-CHACHA20-POLY1305",
    )
)
LOOK_SECONDS = 1.0
"""How often the files are looked at while callers come."""

_Stamp = tuple[tuple[int, int, int], ...]


class Unusable(Exception):  # noqa: N818 - it says what it is
    """The certificate cannot be used."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Read both files, PEM, the certificate with those between it and the root; raises Unusable with the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION
    context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    try:
        context.load_cert_chain(certificate, key, password=_no_password)
    except ssl.SSLError as error:
        raise Unusable(_disagreement(certificate, key, openssl_reason=error.reason)) from error
    except OSError as error:
        raise Unusable(f"{_unreadable(certificate, key)} cannot be read: {error.strerror}") from error
    return context


def state_of(certificate: Path) -> CertificateState:
    """From when to when the file's first certificate is valid, which is ours; raises Unusable."""
    from cryptography import x509  # noqa: PLC0415 - a library that only those load who speak TLS

    try:
        ours = x509.load_pem_x509_certificates(certificate.read_bytes())[0]
    except (OSError, ValueError) as error:
        raise Unusable(f"the dates of {certificate} cannot be read") from error
    return CertificateState(
        begins_seconds=ours.not_valid_before_utc.timestamp(), ends_seconds=ours.not_valid_after_utc.timestamp()
    )


class Certificate:
    """Gives each handshake the settings and the certificate of the moment."""

    def __init__(
        self,
        certificate: Path,
        key: Path,
        *,
        observe: Observe,
        now: Callable[[], float] = time.monotonic,
        today: Callable[[], float] = time.time,
    ) -> None:
        """Read it; raises Unusable. `today` is in seconds since 1970."""
        self._files = (certificate, key)
        self._observe = observe
        self._now = now
        self._today = today
        self._stamp = _stamp(self._files)
        self._context = server_context(certificate, key)
        self._state = state_of(certificate)
        self._tell_age()
        self._looked_seconds = now()

    def context(self) -> ssl.SSLContext:
        """The settings for a handshake that begins now; what cannot be used leaves the last good ones in force."""
        self._look_if_due()
        return self._context

    def state(self) -> CertificateState:
        """Until when it lasts, and whether it is what lies in the files; looks there too, as callers may be few."""
        self._look_if_due()
        return self._state

    def _look_if_due(self) -> None:
        if self._now() - self._looked_seconds >= LOOK_SECONDS:
            self._looked_seconds = self._now()
            self._look()

    def _look(self) -> None:
        stamp = _stamp(self._files)
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            context, state = server_context(*self._files), state_of(self._files[0])
        except Unusable as error:  # often half renewed: the other file has yet to come
            self._state = replace(self._state, is_current=False)
            self._observe(CertificateChanged(fault=str(error)))
        else:
            self._context, self._state = context, state
            self._observe(CertificateChanged())
            self._tell_age()

    def _tell_age(self) -> None:
        today = self._today()
        if self._state.is_ending(today):
            self._observe(CertificateAged(left_seconds=self._state.left_seconds(today)))


def _stamp(files: tuple[Path, Path]) -> _Stamp:
    """What tells one state of the files from another; a link that is led elsewhere changes it too."""
    return tuple(_one_stamp(file) for file in files)


def _one_stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    return found.st_ino, found.st_mtime_ns, found.st_size


def _unreadable(certificate: Path, key: Path) -> Path:
    """Which of the two it is that cannot be read; Python does not say."""
    return key if os.access(certificate, os.R_OK) else certificate


def _disagreement(certificate: Path, key: Path, *, openssl_reason: str) -> str:
    if openssl_reason == "KEY_VALUES_MISMATCH":
        return f"{key} is not the key of the certificate in {certificate}"
    return f"{certificate} and {key} are not a certificate and its key, in PEM form and without a password"


def _no_password() -> str:
    """OpenSSL would ask at the terminal for the password of a key that has one."""
    return ""
