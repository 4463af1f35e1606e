"""Every code block of README.md and docs/ does what the page says."""

import doctest
import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from phosphene.cli import app
from tests.docs.blocks import Block, blocks, commands

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

# Blocks that say why they are not run; a change here is a decision, not an accident.
EXCUSED = {"README.md": 1, "docs/explorer.md": 1, "docs/gallery.md": 1, "docs/the-blogs-questions.md": 1}

DISPLAYS = {"text"}  # shown, not run


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder but for ``photos/``, which pages may use as the reader's own pictures."""
    from PIL import Image
    from skimage import data

    (tmp_path / "photos").mkdir()
    for title, pixels in {"astronaut": data.astronaut(), "cat": data.chelsea(), "cup": data.coffee()}.items():
        picture = Image.fromarray(pixels)
        picture.thumbnail((160, 160))
        picture.save(tmp_path / "photos" / f"{title}.jpg")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_runs(page, folder):
    namespace = {"__name__": "__page__"}
    for block in blocks(page.read_text(encoding="utf-8")):
        if block.language not in DISPLAYS and block.excuse is None:
            run(block, page, namespace)


def run(block: Block, page: Path, namespace: dict) -> None:
    where = f"{name(page)}:{block.line}"
    if block.language == "python" and block.file:
        Path(block.file).write_text(block.code + "\n", encoding="utf-8")
    elif block.language == "python":
        exec(compile("\n" * (block.line - 1) + block.code, name(page), "exec"), namespace)
    elif block.language in ("sh", "console"):
        for command, shown in commands(block):
            run_command(command, shown, where)
    else:
        pytest.fail(f"{where}: write the block's language: python, sh, console, or text for what is not run")


def run_command(command: str, shown: str, where: str) -> None:
    program, *words = shlex.split(command, comments=True)
    assert program == "phosphene", f"{where}: only phosphene is run here; excuse the block: <!-- not run: WHY -->"
    words = [match for word in words for match in expanded(word)]
    result = CliRunner().invoke(app, words, prog_name="phosphene")
    assert result.exit_code == 0, f"{where}: {command}\n{result.stderr}"
    options = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    same = doctest.OutputChecker().check_output(shown, result.stdout, options)
    assert not shown.strip() or same, f"{where}: {command} says\n{result.stdout}"


def expanded(word: str) -> list[str]:
    """What a shell makes of ``photos/*.jpg``."""
    return sorted(path.as_posix() for path in Path().glob(word)) or [word] if "*" in word else [word]


def test_blocks_that_are_not_run_are_counted():
    excused = {
        name(page): sum(block.excuse is not None for block in blocks(page.read_text(encoding="utf-8")))
        for page in PAGES
    }
    assert {page: count for page, count in excused.items() if count} == EXCUSED


def test_make_targets_that_pages_name_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", pages, re.MULTILINE))
    assert {"demo", "test"} <= named <= targets


def test_links_between_pages_lead_somewhere():
    for page in PAGES:
        links = re.findall(r"\]\((?![a-z]+:|#)([^)#\s]+)", page.read_text(encoding="utf-8"))
        missing = [link for link in links if not (page.parent / link).exists()]
        assert not missing, f"{name(page)} links to what is not there"
