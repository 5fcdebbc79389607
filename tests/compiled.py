"""One cache of compiled statements for all engines of a test process.

SQLAlchemy compiles a statement once for each engine. A process of the register has one engine; a test process opens one for
each test, and spent a third of its time on compiling the same statements again.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import sqlalchemy as sa


def sharing(create_engine: Callable[..., sa.Engine]) -> Callable[..., sa.Engine]:
    """`create_engine`, whose engines share the dialect and the statements of the first engine on that kind of database."""
    first: dict[str, sa.Engine] = {}

    @wraps(create_engine)
    def create(*args: Any, **kwargs: Any) -> sa.Engine:
        engine = create_engine(*args, **kwargs)
        like = first.get(engine.dialect.name, engine)
        if like.dialect.server_version_info is None:  # it never connected, so its dialect does not know its database
            like = first[engine.dialect.name] = engine
        engine.dialect, engine._compiled_cache = like.dialect, like._compiled_cache
        return engine

    return create
