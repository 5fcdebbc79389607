"""Hostile texts, each read in a process of its own that may take 100 MB: `python -m tests.workflows.hostile`.

Prints what came of each as JSON: the seconds until it was refused, or why it was not.
"""

import json
import os
import resource
import sys
import time
from pathlib import Path

from tests.workflows.guards import VOCABULARY
from workflows import check

ROOM = 100_000_000


_HELD = [f"h{n}" for n in range(400)]


def _definition(states: dict[str, str], steps: list[str]) -> str:
    """A text of sound shape: the states with their stages, and the steps."""
    head = "{schema: workflow/1, id: x, version: 1, title: {zh: x}, subject: item, initial: s0, roles: {r: {of: host}},"
    rooms = ", ".join(f"{state}: {{title: {{zh: x}}, stage: {stage}}}" for state, stage in states.items())
    arrows = ", ".join(f"{{id: t{n}, title: {{zh: x}}, {step}}}" for n, step in enumerate(steps))
    return f"{head} states: {{{rooms}}}, transitions: [{arrows}]}}"


TEXTS = {
    "aliases": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{('*' + chr(97 + n) + ', ') * 8}*{chr(97 + n)}]\n" for n in range(8)),
    "alone": "&a [*a]",
    "deep flow": "[" * 999_999,
    "deep block": "- " * 499_999,
    "deep keys": "? " * 499_999,
    "deep maps": "{a: " * 249_999,
    "tag directives": "".join(f"%TAG !a{n}! b\n" for n in range(60_000)) + "---\na: 1\n",
    "tags": "!a " * 300_000,
    "documents": "--- a\n" * 166_000,
    "width": "[" + "1," * 499_000 + "]",
    "long digits": "a: " + "9" * 999_990,
    "long key": "a" * 999_000 + ": 1",
    "too large": "a" * 50_000_000,
    "code": "!!python/object/apply:os.system ['touch owned']",
    "many keys": "".join(f"k{n}: 1\n" for n in range(49_999)),
    "one key many times": "k: 1\n" * 49_999,
    "keys too many": "".join(f"k{n}: 1\n" for n in range(90_000)),
    "keys below keys": "".join(f"k{n}: {{a: 1, b: 1}}\n" for n in range(16_000)),
    "steps with keys": "transitions:\n" + f"- {{{', '.join(f'k{m}: 1' for m in range(98))}}}\n" * 500,
    "unknown names": _definition(
        dict.fromkeys((f"s{n}{'x' * 58}" for n in range(500)), "intent"),
        [f"to: y, kind: system, from: [{', '.join(f'u{m}' for m in range(170))}]" for n in range(500)],
    ),
    "resumes to everywhere": _definition(
        {**dict.fromkeys((f"s{n}" for n in range(100)), "intent"), **dict.fromkeys(_HELD, "as_before")},
        [
            *(
                f"to: {held}, kind: suspend, actor: {{roles: [r]}}, from: [{', '.join(f's{n}' for n in range(100))}]"
                for held in _HELD
            ),
            f"to: before_suspension, kind: resume, actor: {{roles: [r]}}, from: [{', '.join(_HELD)}]",
        ],
    ),
    "one great circle": _definition(
        dict.fromkeys((f"s{n}" for n in range(500)), "intent"),
        [
            f"to: s{(n + 1) % 500}, kind: system, from: [{', '.join(f's{(n + 17 * m) % 500}' for m in range(10))}]"
            for n in range(500)
        ],
    ),
}


def refused(text: bytes) -> str | float:
    """Seconds of processor time until the text was refused, with little more memory than there is already."""
    taken = int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + ROOM, taken + ROOM))
    begun = time.process_time()
    try:
        findings = check(text, VOCABULARY)
    except BaseException as error:  # out of memory above all
        return repr(error)
    return time.process_time() - begun if any(each.refuses for each in findings) else "not refused"


def apart(text: bytes) -> str | float:
    """The same in a process of its own."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writing, json.dumps(refused(text)).encode()[:4000])
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        said = answer.read()
    os.waitpid(child, 0)
    return json.loads(said) if said else "died"


if __name__ == "__main__":
    json.dump({name: apart(text.encode()) for name, text in TEXTS.items()}, sys.stdout)
