"""Certificates for servers of tests: an authority of the test's own, made by openssl where it is needed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from streamproc.embedded.ports import LOOPBACK
from tests.kafka_jars import ServerMissing

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


class Certificates(NamedTuple):
    """An authority, and a certificate for 127.0.0.1 that it signed; it is good for both sides."""

    ca_file: Path
    cert_file: Path
    key_file: Path

    def server_options(self) -> list[str]:
        """For the command line of a redis-server that asks its clients for a certificate, too."""
        return [
            *("--tls-ca-cert-file", str(self.ca_file), "--tls-cert-file", str(self.cert_file)),
            *("--tls-key-file", str(self.key_file), "--tls-replication", "yes"),
            *("--tls-auth-clients", "yes"),
        ]

    def client_options(self) -> dict[str, Any]:
        """For a client of redis-py."""
        return {
            "ssl": True,
            "ssl_ca_certs": str(self.ca_file),
            "ssl_certfile": str(self.cert_file),
            "ssl_keyfile": str(self.key_file),
        }

    def settings(self) -> dict[str, str]:
        """For the settings of the group ``redis``."""
        return {
            "tls_ca_file": str(self.ca_file),
            "tls_cert_file": str(self.cert_file),
            "tls_key_file": str(self.key_file),
        }


def certificates(folder: Path) -> Certificates:
    """New ones, in a folder. Errors: ``ServerMissing`` if there is no openssl."""
    if shutil.which("openssl") is None:
        raise ServerMissing("openssl is not installed")
    ca_file, ca_key = folder / "ca.crt", folder / "ca.key"
    made = Certificates(ca_file, folder / "server.crt", folder / "server.key")
    authority = ["-subj", "/CN=authority of a test", "-keyout", str(ca_key), "-out", str(ca_file)]
    # Python 3.13 takes no authority that does not say that it may sign
    may_sign = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    _openssl("req", "-x509", *_KEY, "-days", "2", *authority, *may_sign)
    asked, said = folder / "server.csr", folder / "server.ext"
    said.write_text(f"subjectAltName=IP:{LOOPBACK}\nauthorityKeyIdentifier=keyid\n")
    subject = ["-subj", "/CN=server of a test", "-keyout", str(made.key_file), "-out", str(asked)]
    _openssl("req", "-new", *_KEY, *subject)
    signed = ["-CA", str(ca_file), "-CAkey", str(ca_key), "-CAcreateserial"]
    names = ["-extfile", str(said), "-out", str(made.cert_file)]
    _openssl("x509", "-req", "-in", str(asked), "-days", "2", *signed, *names)
    return made


def _openssl(*words: str) -> None:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
