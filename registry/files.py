"""The content store: files by the SHA-256 of their content, never executed, erasable with the hash kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from registry.errors import Reason, Refused

LIMIT = 50 * 1024 * 1024
"""Bytes of one file at most."""

SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"PK\x03\x04", "application/zip"),
)

UNTYPED = "application/octet-stream"
TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg"} | dict.fromkeys(
    ("docx", "xlsx", "pptx", "ofd", "zip"), "application/zip"
)
"""File type as procedures name it → media type by content; what is not among these shows no type of its own."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A file in the store: SHA-256 of its content (hex), size in bytes, media type by content."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True)
class FileStore:
    """A folder of files named by their hashes."""

    folder: Path

    def keep(self, stream: IO[bytes]) -> Kept:
        """Store what the stream holds, read in pieces; the same content twice is one file.

        Durable when it returns. Raises Refused with file-empty or file-too-large; nothing half-written stays.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        digest, size, head = hashlib.sha256(), 0, b""
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix="incoming-", delete=False) as incoming:
            try:
                while piece := stream.read(1 << 16):
                    head = head or piece[:16]
                    size += len(piece)
                    if size > LIMIT:
                        raise Refused(Reason("file-too-large", {"limit": LIMIT // 1024 // 1024}, field="evidence"))
                    digest.update(piece)
                    incoming.write(piece)
                if not size:
                    raise Refused(Reason("file-empty", field="evidence"))
                incoming.flush()
                os.fsync(incoming.fileno())
                path = self.path(digest.hexdigest())
                path.parent.mkdir(mode=0o700, exist_ok=True)
                Path(incoming.name).replace(path)
                _sync_folder(path.parent)
            except BaseException:
                Path(incoming.name).unlink(missing_ok=True)
                raise
        return Kept(digest.hexdigest(), size, media_type(head))

    def path(self, sha256: str) -> Path:
        """Where the file of this hash lies. Raises ValueError for anything that is no hash: it came from an address."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError(f"{sha256!r} is no SHA-256")
        return self.folder / sha256[:2] / sha256


def media_type(head: bytes) -> str:
    """The type that the first bytes show; the name that somebody gave the file proves nothing."""
    return next((kind for start, kind in SIGNATURES if head.startswith(start)), UNTYPED)


def _sync_folder(folder: Path) -> None:
    """A rename is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
