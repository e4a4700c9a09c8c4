"""How the lexicon writes many words briefly: ``{再,}补{点,些}货`` stands for four words."""

from __future__ import annotations

from collections.abc import Iterator


def expanded(pattern: str) -> Iterator[str]:
    """Every word that a pattern stands for; braces nest, ``_`` is a space.

    Errors: ``ValueError`` for a brace without its partner.
    """
    if pattern.count("{") != pattern.count("}"):
        raise ValueError(f"a brace without its partner in {pattern!r}")
    for word in _alternatives(pattern):
        yield word.replace("_", " ")


def _alternatives(pattern: str) -> Iterator[str]:
    start = pattern.find("{")
    if start < 0:
        yield pattern
        return
    end = _closing(pattern, start)
    for choice in _choices(pattern[start + 1 : end]):
        for middle in _alternatives(choice):
            for rest in _alternatives(pattern[end + 1 :]):
                yield pattern[:start] + middle + rest


def _closing(pattern: str, start: int) -> int:
    depth = 0
    for at in range(start, len(pattern)):
        depth += {"{": 1, "}": -1}.get(pattern[at], 0)
        if not depth:
            return at
    raise ValueError(f"a brace without its partner in {pattern!r}")


def _choices(body: str) -> list[str]:
    found, depth = [""], 0
    for char in body:
        depth += {"{": 1, "}": -1}.get(char, 0)
        if char == "," and not depth:
            found.append("")
        else:
            found[-1] += char
    return found
