"""`?since=` of a page: what changed on its record since a date, an entry or a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from registry.queries.fields import changes_in
from registry.queries.since import MeetingSince, Since, belonging, changes_since, entry_since, meetings_held
from registry.views import asked, here


@dataclass(frozen=True, slots=True)
class SinceShown:
    """What templates/since.html shows. asked: as it stands in the query; found: None where nothing was asked.

    every: where all differences stand; meetings: those that can be asked for.
    """

    asked: str
    found: Since | None
    every: str
    meetings: tuple[MeetingSince, ...]


def since_on(kind: str, record_id: int | None, key: str = "", *, entry: int | None = None) -> SinceShown:
    """What changed on a record and on what belongs to it, if `since=` or `entry` asks for it; how to ask for it.

    kind: as histories call it, `register` of all of it. record_id: None of a field, whose key is its name.
    Raises Refused as `entry_since`.
    """
    snapshot = here.snapshot()
    text = asked.text("since") or ""
    since = entry if entry is not None and not text else None
    if text:
        since = entry_since(snapshot, text, here.zone().key)
    if since is None:
        return SinceShown(text, None, "", meetings_held(snapshot))
    within = changes_in(snapshot, key) if record_id is None else belonging(snapshot, kind, record_id)
    found = changes_since(snapshot, here.actor(), since, within)
    return SinceShown(text, found, _every(kind, key, since, snapshot.known), meetings_held(snapshot))


def _every(kind: str, key: str, since: int, known: int | None) -> str:
    query = {"from": str(max(since, 0))}
    if key:
        query |= {"subject": f"{kind}:{key}", "belongs": "1"}
    if known is not None:
        query["to"] = str(known)
    return f"{request.script_root}/differences?{urlencode(query)}"
