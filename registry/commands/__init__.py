"""The `registry` command line: the same acts and the same refusals as the pages, for those at the register's machine."""

from __future__ import annotations

from registry.commands.agreements import agreement, signature
from registry.commands.history import check, history, verify
from registry.commands.items import item, report
from registry.commands.people import grant, person
from registry.commands.records import document, grouping, meeting, party
from registry.commands.root import root
from registry.commands.setting_up import import_, init, migrate, procedure, roles, run, schema, serve

for command in (
    agreement, check, document, grant, grouping, history, import_, init, item, meeting, migrate, party, person, procedure, report,
    roles, run, schema, serve, signature, verify,
):  # fmt: skip
    root.add_command(command)


def main() -> None:
    """Entry point of `registry`."""
    root(prog_name="registry")
