"""/files: scans and papers, as downloads and never as pages, for those who may see what they prove."""

from __future__ import annotations

from flask import Blueprint, send_file
from flask.typing import ResponseReturnValue

from registry.errors import NotFound
from registry.queries.files import file_for
from registry.views import here
from registry.views.guards import signed_in

blueprint = Blueprint("files", __name__)

ENDINGS = {"application/pdf": ".pdf", "image/png": ".png", "image/jpeg": ".jpg", "application/zip": ".zip"}


@blueprint.get("/files/<sha256>")
@signed_in
def file(sha256: str) -> ResponseReturnValue:
    """One file, named by its hash."""
    found = file_for(here.snapshot(), here.actor(), sha256)
    path = here.store().path(found.sha256)
    if not path.exists():  # erased by order: the hash stays, the content is gone
        raise NotFound("file", sha256)
    name = found.sha256[:16] + ENDINGS.get(found.media_type, ".bin")
    answer = send_file(path, mimetype=found.media_type, as_attachment=True, download_name=name, etag=False)
    # Even opened by mistake, an uploaded file may run and load nothing.
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
