"""The history nobody can rewrite: every act leaves one entry, in the same transaction."""

from registry.ledger.book import Book, atomic
from registry.ledger.seal import erase, open_sealed, opens_seals, seal

__all__ = ["Book", "atomic", "erase", "open_sealed", "opens_seals", "seal"]
