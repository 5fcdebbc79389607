"""E14, E15: how running subjects of an earlier version find their place in this one."""

from collections.abc import Iterator

from workflows.checks.subject import Check, Subject
from workflows.definition import AS_BEFORE, Definition, Migrate
from workflows.finding import Finding


def migration(subject: Subject) -> Iterator[Finding]:
    """E15: a version that takes over from itself or a later one; E14: from one that is not there or does not fit."""
    migrate = subject.definition.migrate
    if migrate is None:
        return
    if migrate.from_version >= subject.definition.version:
        yield subject.fault("E15", "from-itself", ("migrate", "from_version"), version=str(subject.definition.version))
    elif subject.looks_back and subject.earlier is None:
        yield subject.fault("E14", "version-missing", ("migrate", "from_version"), version=str(migrate.from_version))
    elif subject.earlier is not None:
        yield from _every_state_placed(subject, migrate, subject.earlier)


def _every_state_placed(subject: Subject, migrate: Migrate, earlier: Definition) -> Iterator[Finding]:
    """No subject is in a final state for long, so that those need no place."""
    states = subject.definition.states
    for old in migrate.states:
        if old not in earlier.states:
            yield subject.fault("E14", "never-was", ("migrate", "states", old), state=old)
    for old, was in earlier.states.items():
        new = migrate.states.get(old, old)
        path = ("migrate", "states", old) if old in migrate.states else ("migrate",)
        if new not in states:
            if not was.final:
                yield subject.fault("E14", "unplaced", path, state=old)
        elif (was.stage == AS_BEFORE) != (states[new].stage == AS_BEFORE):
            yield subject.fault("E14", "other-sort", path, state=old, new=new)


VERSIONS: tuple[Check, ...] = (migration,)
