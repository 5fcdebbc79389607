"""Ratios, interleaved, in one run. See README.md here."""
