"""The engine of procedures: a definition is data, checked before it can be used, and run by one engine.

Pure: no row, no clock, no request, no city. `load` reads a definition; `workflows.engine` decides on it.
"""

from pathlib import Path

from workflows.check import check, load, load_published
from workflows.definition import Definition, State, Title, Transition
from workflows.facts import FactMissing, Facts
from workflows.finding import DefinitionError, Finding
from workflows.guards import Answer, Guard, GuardSet, Missing, guard
from workflows.vocabulary import Vocabulary

SHIPPED = Path(__file__).parent / "definitions"
"""The folder of the definitions that come with the engine, one YAML file each."""

__all__ = [
    "SHIPPED",
    "Answer",
    "Definition",
    "DefinitionError",
    "FactMissing",
    "Facts",
    "Finding",
    "Guard",
    "GuardSet",
    "Missing",
    "State",
    "Title",
    "Transition",
    "Vocabulary",
    "check",
    "guard",
    "load",
    "load_published",
]
