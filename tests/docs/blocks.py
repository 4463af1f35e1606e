"""The fenced code blocks of a Markdown page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})(?P<info>.*)$")
EXCUSE = re.compile(r"^<!-- not run: (?P<reason>\S.*) -->$")


@dataclass(frozen=True)
class Block:
    """One block: its language, the file it is to be written to (``python file=NAME``), its first line's number."""

    language: str
    file: str | None
    code: str
    line: int
    excuse: str | None


def blocks(page: str) -> Iterator[Block]:
    """Yield the blocks of a page in order; the excuse is the ``<!-- not run: REASON -->`` right above the fence."""
    lines = page.splitlines()
    number = 0
    while number < len(lines):
        opening = FENCE.match(lines[number].strip())
        number += 1
        if not opening:
            continue
        start = number
        while lines[number].strip() != opening["fence"]:
            number += 1
        language, _, options = opening["info"].strip().partition(" ")
        excuse = EXCUSE.match(lines[start - 2].strip()) if start > 1 else None
        code = "\n".join(lines[start:number])
        file = options.removeprefix("file=") or None
        yield Block(language, file, code, start + 1, excuse["reason"] if excuse else None)
        number += 1


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Yield every command of a ``sh`` or ``console`` block with the output that is shown below it."""
    if block.language == "sh":
        joined = block.code.replace("\\\n", " ")
        yield from ((line, "") for line in joined.splitlines() if line.strip() and not line.startswith("#"))
        return
    for part in re.split(r"^\$ ", block.code.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output
