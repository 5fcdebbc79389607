"""The `registry` command line: the same acts and the same refusals as the pages, for those at the register's machine."""

from __future__ import annotations

from registry.commands.acts import acts
from registry.commands.agreements import agreement, signature
from registry.commands.consent import consent
from registry.commands.continuity import same
from registry.commands.corrections import alert, correction, policy
from registry.commands.figures import item
from registry.commands.force import force
from registry.commands.history import check, history, reindex, verify
from registry.commands.items import report
from registry.commands.lists import list_
from registry.commands.matters import matter
from registry.commands.packages import package
from registry.commands.people import grant, person
from registry.commands.procedures import procedures
from registry.commands.records import document, grouping, meeting, party
from registry.commands.root import root
from registry.commands.setting_up import import_, init, migrate, roles, run, schema, serve
from registry.commands.texts import relation, text
from registry.commands.time import calendar, sweep

for command in (
    acts, agreement, alert, calendar, check, consent, correction, document, force, grant, grouping, history, import_,
    init, item, list_, matter, meeting, migrate, package, party, person, policy, procedures, reindex, relation, report, roles, run, same,
    schema, serve, signature, sweep, text, verify,
):  # fmt: skip
    root.add_command(command)


def main() -> None:
    """Entry point of `registry`."""
    root(prog_name="registry")
