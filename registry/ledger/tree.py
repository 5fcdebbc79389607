"""Merkle tree of the log: RFC 9162 §2.1.1."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_hash(leaves: Iterable[bytes]) -> bytes:
    """Root of the tree over these leaf hashes, in constant memory; of no leaves, SHA-256 of nothing.

    Complete subtrees wait on a stack, largest at the bottom; two of one size become one. What is left at the end is
    folded from the right, which is the split at the largest power of two that §2.1.1 asks for.
    """
    waiting: list[tuple[int, bytes]] = []
    for leaf in leaves:
        size, node = 1, leaf
        while waiting and waiting[-1][0] == size:
            node = node_hash(waiting.pop()[1], node)
            size *= 2
        waiting.append((size, node))
    if not waiting:
        return hashlib.sha256(b"").digest()
    _, root = waiting.pop()
    while waiting:
        root = node_hash(waiting.pop()[1], root)
    return root
