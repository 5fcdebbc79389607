"""Who may do what: permissions by name, what each role grants, and `require`, which services call first."""

from __future__ import annotations

from dataclasses import dataclass

from registry.errors import NotPermitted

OFFICER = frozenset(
    {
        "agreement:draft", "agreement:open", "agreement:abandon", "agreement:step", "text:add", "signature:log",
        "signature:decline", "signature:confirm", "act:annul", "item:add", "item:step", "evidence:show", "mechanism:record",
        "report:file", "report:release", "file:store", "document:add", "meeting:add", "matter:open", "matter:step",
        "consent:give", "procedure:draft", "act:record", "act:import", "text:amend", "text:file", "clause:set", "custody:record",
        "relation:add", "relation:end", "lead:pass", "correction:propose", "correction:object", "alert:answer", "target:set",
        "observation:add", "observation:annul", "lane:set", "lamp:override", "item:join", "item:opt-out", "lineage:link",
        "list:add", "list:adopt", "share:make", "page:freeze",
    }
)  # fmt: skip
SECRETARIAT = frozenset(
    {
        "agreement:create", "agreement:draft", "agreement:open", "agreement:abandon", "agreement:step", "text:add", "body:add",
        "document:add", "meeting:add", "item:add", "item:step", "evidence:show", "mechanism:record", "file:store", "matter:open",
        "matter:step", "procedure:draft", "act:import", "text:amend", "text:file", "clause:set", "relation:add", "relation:end",
        "lead:pass", "body:change", "alias:add", "membership:end", "same:decide", "correction:propose", "alert:answer",
        "target:set", "lane:set", "lamp:override", "lineage:link", "list:add", "list:adopt", "share:make", "page:freeze",
    }
)  # fmt: skip
ADMINISTRATOR = frozenset(
    {
        "person:add", "person:reset", "grant:give", "grant:end", "procedure:draft", "procedure:publish", "procedure:retire",
        "procedure:migrate", "calendar:load", "policy:set",
    }
)  # fmt: skip
VIEWER = frozenset({"share:make", "page:freeze"})
AUDITOR = frozenset({"history:export", "sealed:read"})
REGISTER = (
    OFFICER | VIEWER | SECRETARIAT | ADMINISTRATOR | AUDITOR | {"bundle:import", "register:init", "deadline:sweep"}
)

ROLE_GRANTS: dict[str, frozenset[str]] = {
    "officer": OFFICER,
    "viewer": VIEWER,
    "auditor": AUDITOR,
    "secretariat": SECRETARIAT,
    "administrator": ADMINISTRATOR,
    "register": REGISTER,
    "guest": frozenset(),
}
"""Role → what it grants. A guest reads in the scope of somebody who holds a role there; nobody is granted that role."""
PERMISSIONS = REGISTER


@dataclass(frozen=True)
class Held:
    """A role as held now, in its scope: a party, a grouping, or (neither) the whole register."""

    role: str
    body_id: int | None = None
    grouping_id: int | None = None


@dataclass(frozen=True)
class Actor:
    """Who acts or reads, as known at the start of the request.

    name: digest of the sealed name. post, body_id, body_code: as they are now; the entry keeps them as they were then.
    groupings: ids of the groupings whose members' pages the reader may see today.
    door: web, command or import.
    """

    person_id: int | None = None
    name: str | None = None
    post: str = ""
    body_id: int | None = None
    body_code: str | None = None
    held: tuple[Held, ...] = ()
    groupings: frozenset[int] = frozenset()
    door: str = "web"
    request_id: str | None = None

    @property
    def sees_all(self) -> bool:
        """Auditors and the register itself see every record, whatever its level."""
        return any(held.role in ("auditor", "register") for held in self.held)

    @property
    def guest(self) -> bool:
        """Whether somebody else's right to read is lent: no seal opens, and drafts are not shown."""
        return any(held.role == "guest" for held in self.held)

    @property
    def reader_bodies(self) -> frozenset[int]:
        """Ids of the parties for which the reader holds a role."""
        return frozenset(held.body_id for held in self.held if held.body_id is not None)


ANONYMOUS = Actor()


def guest_of(actor: Actor) -> Actor:
    """A reader without a name, who may read what this actor may read for his parties and groupings, and do nothing."""
    scopes = ((held.body_id, held.grouping_id) for held in actor.held)
    held = dict.fromkeys(Held("guest", *scope) for scope in scopes if scope != (None, None))
    return Actor(held=tuple(held), groupings=actor.groupings)


def the_register(door: str, request_id: str | None = None) -> Actor:
    """The register acting on itself: init, imports of bundles and migrations from the command line of its host."""
    return Actor(post="register", held=(Held("register"),), door=door, request_id=request_id)


def allowed(actor: Actor, permission: str, *, body_id: int | None = None, grouping_id: int | None = None) -> bool:
    """Whether a role held grants the permission in this scope; a role without a scope grants it everywhere."""
    return any(
        permission in ROLE_GRANTS[held.role]
        and held.body_id in (None, body_id)
        and held.grouping_id in (None, grouping_id)
        for held in actor.held
    )


def allowed_anywhere(actor: Actor, permission: str) -> bool:
    """Whether a role held grants the permission in some scope."""
    return any(permission in ROLE_GRANTS[held.role] for held in actor.held)


def require(actor: Actor, permission: str, *, body_id: int | None = None, grouping_id: int | None = None) -> None:
    """Raise NotPermitted unless `allowed`."""
    if not allowed(actor, permission, body_id=body_id, grouping_id=grouping_id):
        raise NotPermitted(permission)
