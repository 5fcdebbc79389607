"""The `registry` command line: the same acts and the same refusals as the pages, for those at the register's machine."""

from __future__ import annotations

from registry.commands.agreements import agreement, signature
from registry.commands.consent import consent
from registry.commands.history import check, history, verify
from registry.commands.items import item, report
from registry.commands.matters import matter
from registry.commands.people import grant, person
from registry.commands.procedures import procedures
from registry.commands.records import document, grouping, meeting, party
from registry.commands.root import root
from registry.commands.setting_up import import_, init, migrate, roles, run, schema, serve
from registry.commands.time import calendar, sweep

for command in (
    agreement, calendar, check, consent, document, grant, grouping, history, import_, init, item, matter, meeting,
    migrate, party, person, procedures, report, roles, run, schema, serve, signature, sweep, verify,
):  # fmt: skip
    root.add_command(command)


def main() -> None:
    """Entry point of `registry`."""
    root(prog_name="registry")
