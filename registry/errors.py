"""What a service may answer instead of doing the act. The doors turn each into words and, over HTTP, into one status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workflows import Definition


@dataclass(frozen=True)
class Reason:
    """Why something cannot be done: a code whose sentence stands in registry/words, with its values.

    code: kebab-case, e.g. "already-signed". values: what the sentence names.
    field: the input it is about, if one. who: roles or parties that can meet it. source: the clause it comes from.
    definition: the procedure that its states, steps and roles belong to; None: it names none, or those that are shipped.
    """

    code: str
    values: Mapping[str, str | int] = field(default_factory=dict)
    field: str | None = None
    who: tuple[str, ...] = ()
    source: str | None = None
    definition: Definition | None = None


class RegistryError(Exception):
    """Base of all answers that are not the act."""


class NotPermitted(RegistryError):
    """The actor lacks a permission. HTTP 403."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


class NotFound(RegistryError):
    """There is no such record, or this reader may not see it: the two look the same. HTTP 404."""


class Stale(RegistryError):
    """The record changed since it was read; read again and retry. HTTP 409."""


class Refused(RegistryError):
    """The act may not happen, for every reason given. HTTP 409, or 422 where each reason names a field."""

    def __init__(self, *reasons: Reason) -> None:
        super().__init__("; ".join(f"{reason.code} {dict(reason.values)}" for reason in reasons))
        self.reasons = reasons
