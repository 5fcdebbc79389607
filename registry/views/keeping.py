"""Pages whose models are kept: a view under `shown` tells what its template needs, and is asked once for the same question."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import ParamSpec

from flask import render_template, request

from registry.queries.kept import kept
from registry.views import here

P = ParamSpec("P")


def shown(template: str) -> Callable[[Callable[P, Mapping[str, object]]], Callable[P, str]]:
    """Renders the template from what the view tells. The view reads the snapshot, the reader, the language and its own address,
    nothing else; what it tells is frozen. Stands under the guard."""

    def keeping(view: Callable[P, Mapping[str, object]]) -> Callable[P, str]:
        @functools.wraps(view)
        def answer(*args: P.args, **kwargs: P.kwargs) -> str:
            model = kept(
                here.snapshot(), here.actor(), template, lambda: view(*args, **kwargs),
                here.language(), request.script_root, request.full_path,
            )  # fmt: skip
            return render_template(template, **model)

        return answer

    return keeping
