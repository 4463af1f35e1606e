"""What holds for the repository as a whole."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import phosphene

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))

# DESIGN: one short list. A change here is a change for users: say it in CHANGELOG.md.
PUBLIC = ["Network", "PhospheneError", "dream", "explain", "explore"]
PUBLIC += ["images", "load", "open_atlas", "project", "scan", "trust"]

# Data flows one way: a file knows only its own floor and those before it.
HOUSE = (
    "errors",
    "arrays files device memory",
    "graph geometry planes fields axes tape preprocessing",
    "network bundled sources",
    "draw",
    "project",
    "atlas",
    "scan",
    "evidence",
    "dream",
    "paper",
    "sheets",
    "explore",
    "training",
    "story",
    "installation",
    "cli",
    "__main__",
)
FLOOR = {room: number for number, rooms in enumerate(HOUSE) for room in rooms.split()}


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listing.returncode:
        pytest.skip("this is no git repository")
    return [path for name in listing.stdout.decode().split("\0") if name and (path := ROOT / name).is_file()]


def readable(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""  # a picture or weights


def modules_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(' '.join(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


HEAVY = {"torch", "torchvision", "numpy", "matplotlib", "PIL", "skimage", "rich"}


def test_the_public_list():
    assert phosphene.__all__ == PUBLIC


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_there(name):
    assert getattr(phosphene, name).__doc__
    assert name in dir(phosphene)


def test_a_name_that_is_not_there():
    with pytest.raises(AttributeError, match="'phosphene' has no attribute 'nothing'"):
        phosphene.nothing  # noqa: B018


def test_functions_stay_functions_after_their_packages_are_imported():
    names = ["project", "scan", "explore", "dream"]
    code = f"import phosphene as ph{''.join(f', phosphene.{name}' for name in names)}\n"
    code += f"print([name for name in {names} if not callable(getattr(ph, name))])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_importing_loads_nothing_heavy():
    assert not HEAVY & modules_after("import phosphene")


def test_help_loads_nothing_heavy():
    loaded = modules_after(
        "from phosphene.cli import app\ntry: app(['--help'])\nexcept SystemExit as end: assert not end.code"
    )
    assert "phosphene.cli.doctor" in loaded
    assert not HEAVY & loaded


def test_no_path_of_a_machine_is_tracked():
    pattern = re.compile(r"(?<![\w.~$}])/(?:root|home|Users|work|tmp)/\w")
    lines = ((path, line) for path in tracked() for line in readable(path).splitlines())
    assert not [f"{path.name}: {line.strip()}" for path, line in lines if pattern.search(line)]


def test_rooms_are_not_crowded():
    crowded = {path.name: length for path in SOURCES if (length := len(readable(path).splitlines())) > 350}
    assert not crowded


def test_the_typing_marker_and_the_licence_are_shipped():
    settings = tomllib.loads(readable(ROOT / "pyproject.toml"))
    assert (ROOT / "src/phosphene/py.typed").exists()
    assert settings["project"]["license"] == "Apache-2.0"
    assert "Version 2.0, January 2004" in readable(ROOT / "LICENSE")


def test_no_dependency_is_pinned_from_above():
    project = tomllib.loads(readable(ROOT / "pyproject.toml"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(line for lines in extras for line in lines)]
    assert not [line for line in wanted if re.search(r"<|==|~=|!=", line)]


def test_the_changelog_has_an_open_chapter():
    assert "\n## Unreleased\n" in readable(ROOT / "CHANGELOG.md")


def test_a_file_knows_only_the_floors_before_it():
    upwards = {}
    for path in SOURCES:
        room = path.relative_to(ROOT / "src/phosphene").parts[0].removesuffix(".py")
        if room == "__init__":
            continue
        assert room in FLOOR, f"give {room} its place in HOUSE"
        if above := {name for name in imported_rooms(path) if FLOOR.get(name, 0) > FLOOR[room]}:
            upwards[path.name] = above
    assert not upwards


def imported_rooms(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(readable(path))))
    named = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    named += [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    parts = [name.split(".") for name in named]
    return {part[1] for part in parts if part[0] == "phosphene" and len(part) > 1}
