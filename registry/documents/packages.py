"""Files together in one ZIP: whose bytes depend on nothing but the files and a moment, with a table of their hashes."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Mapping
from datetime import datetime

MANIFEST = "SHA256SUMS.txt"
"""As `sha256sum --check` reads it."""
FIRST_YEAR = 1980
"""The earliest that a ZIP can tell."""


def package(files: Mapping[str, bytes], moment: datetime) -> bytes:
    """The files, in their order, and their SHA-256 in MANIFEST. moment: of every file, in the zone that people read it in."""
    sums = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in files.items())
    return zipped({**files, MANIFEST: sums.encode()}, moment)


def zipped(files: Mapping[str, bytes], moment: datetime) -> bytes:
    """A ZIP of these files and nothing else: the same bytes whenever and wherever it is made."""
    out = io.BytesIO()
    when = max(moment.timetuple()[:6], (FIRST_YEAR, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            about = zipfile.ZipInfo(name, when)
            about.compress_type, about.create_system, about.external_attr = zipfile.ZIP_DEFLATED, 3, 0o644 << 16
            archive.writestr(about, content)
    return out.getvalue()
