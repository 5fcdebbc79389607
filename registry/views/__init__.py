"""Doors for people: parse, call one service or query, answer. No rule of the register stands here."""
