"""`?since=` of a page: what changed on its record since a date, an entry or a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from flask import request

from registry.queries.access import Condition
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


def since_on(
    kind: str, record_id: int, key: str = "", *, entry: int | None = None, within: Condition | None = None
) -> SinceShown:
    """What changed on a record and on what belongs to it, if `since=` or `entry` asks for it; how to ask for it.

    kind: as histories call it, `register` of all of it. within: another condition on changes, where nothing belongs by itself.
    Raises Refused as `entry_since`.
    """
    snapshot = here.snapshot()
    text = asked.text("since") or ""
    since = entry if entry is not None and not text else None
    if text:
        since = entry_since(snapshot, text, here.zone().key)
    if since is None:
        return SinceShown(text, None, "", meetings_held(snapshot))
    found = changes_since(
        snapshot, here.actor(), since, belonging(snapshot, kind, record_id) if within is None else within
    )
    return SinceShown(text, found, _every(kind, key, since, snapshot.known), meetings_held(snapshot))


def _every(kind: str, key: str, since: int, known: int | None) -> str:
    query = {"from": str(max(since, 0))}
    if key:
        query |= {"subject": f"{kind}:{key}", "belongs": "1"}
    if known is not None:
        query["to"] = str(known)
    return f"{request.script_root}/differences?{urlencode(query)}"
