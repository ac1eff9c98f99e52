"""Download of the archive that a library's makers release."""

from __future__ import annotations

import ssl
import urllib.request
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPException
from pathlib import Path
from typing import IO

from voip.native.sources.archive import Candidate, SourceError

_PATIENCE_S = 60
_MOST_BYTES = 128 * 2**20
_CHUNK = 2**16


@dataclass(frozen=True)
class Upstream:
    """Release archive at `address`, on a server that is verified.

    `context` holds the trusted authorities, by default the system's.
    """

    address: str
    context: ssl.SSLContext | None = None

    def candidate(self, folder: Path) -> Candidate:
        """Archive downloaded into `folder`; a partial one is not kept."""
        return Candidate(f"upstream ({self.address})", lambda: self._fetch(folder))

    def _fetch(self, folder: Path) -> Path:
        target = folder / "upstream.tar.gz"
        partial = target.with_suffix(".partial")
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._download(partial)
            return partial.replace(target)
        except (OSError, HTTPException) as error:
            raise SourceError(f"it could not be downloaded: {_in_words(error)}") from error
        finally:
            partial.unlink(missing_ok=True)

    def _download(self, target: Path) -> None:
        context = self.context or ssl.create_default_context()
        opener = urllib.request.build_opener(
            urllib.request.HTTPSHandler(context=context), _StaysEncrypted()
        )
        received = 0
        with opener.open(self.address, timeout=_PATIENCE_S) as answer, target.open("wb") as file:
            while chunk := answer.read(_CHUNK):
                received += len(chunk)
                if received > _MOST_BYTES:
                    raise OSError("it is larger than any release")
                file.write(chunk)
            promised = answer.headers.get("Content-Length")
            # Read in parts, http.client does not report a body that ends early.
            if promised is not None and received != int(promised):
                raise OSError(f"the connection ended after {received} of {promised} bytes")


class _StaysEncrypted(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str,
        headers: Message, newurl: str,
    ) -> urllib.request.Request | None:  # fmt: skip
        if not newurl.startswith("https://"):
            raise OSError("the server points to an address without encryption")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _in_words(error: Exception) -> str:
    words = str(error).removeprefix("<urlopen error ").removesuffix(">") or type(error).__name__
    return "".join(char if char.isprintable() else " " for char in words)[:200]
