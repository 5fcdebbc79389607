"""The stamp of a file: whose view of which register it is, as of which entry and day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time

from registry.documents.stamped import Stamped
from registry.domain.sheets import Sheet
from registry.permissions import Actor
from registry.queries.snapshot import Snapshot
from registry.views.tongue import Tongue
from registry.words import label


@dataclass(frozen=True, slots=True)
class Desk:
    """Where tables are made: what the reader may see of which register, and in which words. register: its name."""

    t: Tongue
    snapshot: Snapshot
    actor: Actor
    register: str

    def stamped(
        self, title: str, number: str | None, sheets: Iterable[Sheet], *, address: str, lead: Iterable[str] = ()
    ) -> Stamped:
        """The tables with their stamp. address: of the page that shows the same, path and query."""
        t, stamp = self.t, self.snapshot.stamp
        day = f"{self.snapshot.today:%Y-%m-%d}"
        at = t.moment(stamp.at)
        entry = t.say("entry_none") if at is None else t.say("entry_at", entry=stamp.entry, at=f"{at:%Y-%m-%d %H:%M}")
        said = (
            (t.say("register"), self.register),
            (t.say("entry"), entry),
            (t.say("on_day" if self.snapshot.on else "day"), day),
            (t.say("rights"), self.rights()),
            (t.say("address"), address),
        )
        foot = t.say("foot", register=self.register, entry=entry, day=day)
        moment = at or datetime.combine(self.snapshot.today, time(0, tzinfo=t.zone))
        return Stamped(title, number, t.language, moment, said, foot, tuple(sheets), tuple(lead))

    def rights(self) -> str:
        """Whose view it is: nobody's, or a post's with its roles; no name of a person."""
        if not self.actor.held:
            return self.t.say("anonymous")
        roles = dict.fromkeys(label("role", held.role, self.t.language) for held in self.actor.held)
        return self.t.say("reader", post=self.actor.post or "", roles=self.t.say("between").join(roles))
