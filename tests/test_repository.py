"""The repository keeps its own word: what its documents name exists, and CI runs what they say."""

from __future__ import annotations

import os
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest

from pipeline.cli import root

TOP = Path(__file__).parents[1]
PAGES = [TOP / "README.md", *sorted((TOP / "docs").rglob("*.md"))]
#: So many lines are seen without scrolling.
FIRST_SCREEN = 25


def named(page: Path) -> str:
    return str(page.relative_to(TOP))


def dependencies() -> set[str]:
    facts = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
    lists = [facts["project"]["dependencies"], facts["dependency-groups"]["dev"]]
    lists += facts["project"]["optional-dependencies"].values()
    return {re.split(r"[^A-Za-z0-9._-]", one)[0].lower() for listed in lists for one in listed}


def commands(page: Path) -> list[tuple[int, str]]:
    """Line number and text of every `leadbyte-import …` in a page: in consoles, and in backquotes."""
    found, fence = [], False
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith("```"):
            fence = not fence
        elif fence and (shown := re.match(r"(?:[$>] +)?(?:\S*[/\\])?leadbyte-import((?: .*)?)$", line)):
            found.append((number, shown[1]))
        elif not fence:
            found += [(number, one) for one in re.findall(r"`leadbyte-import( [^`]*)`", line)]
    return found


EXAMPLES = [(page, number, words) for page in PAGES for number, words in commands(page)]


def test_every_dependency_says_what_it_is_for() -> None:
    text = (TOP / "docs/dependencies.md").read_text(encoding="utf-8")
    explained = {
        name.strip().lower()
        for first, what, why in re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", text, re.MULTILINE)
        if len(what.strip()) > 3
        if len(why.strip()) > 3
        for name in first.split(",")
    }
    families = tuple(name.removesuffix("*") for name in explained if name.endswith("*"))
    missing = {one for one in dependencies() if one not in explained and not (families and one.startswith(families))}
    assert missing == set()
    gone = {one for one in explained - {"package"} if "-*" not in one and not one.startswith("-")} - dependencies()
    assert gone == set(), "explained, and no longer a dependency"


def test_the_first_screen_of_the_readme_shows_how_to_begin() -> None:
    screen = (TOP / "README.md").read_text(encoding="utf-8").splitlines()[:FIRST_SCREEN]
    typed = [line.removeprefix("$ ").split("#")[0].strip() for line in screen]
    assert {"make demo", "make test"} <= set(typed)


def test_the_targets_that_are_named_exist() -> None:
    rules = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in [*PAGES, TOP / ".ci/run"]:
        text = page.read_text(encoding="utf-8")
        used = re.findall(r"`make ([a-z]+)`", text) + re.findall(r"^(?:\$ )?make ([a-z]+)", text, re.MULTILINE)
        assert set(used) <= rules, named(page)
    assert {"demo", "test", "check"} <= rules


def test_ci_runs_what_a_developer_runs() -> None:
    script = TOP / ".ci/run"
    lines = [line.strip() for line in script.read_text(encoding="utf-8").splitlines()]
    assert "make check" in lines
    assert "set -euo pipefail" in lines
    assert os.access(script, os.X_OK)
    makefile = (TOP / "Makefile").read_text(encoding="utf-8")
    (check,) = re.findall(r"^check: ([a-z ]+)", makefile, re.MULTILINE)
    assert set(check.split()) == {"lint", "types", "imports", "test"}


def test_there_are_examples_to_check() -> None:
    assert {"campaigns", "fields", "map", "check", "run", "resume", "results", "sandbox", "demo"} <= {
        words.split()[0] for _, _, words in EXAMPLES if words.split()
    }


@pytest.mark.parametrize(
    ("page", "number", "words"), EXAMPLES, ids=[f"{named(page)}:{number}" for page, number, _ in EXAMPLES]
)
def test_examples_name_only_commands_and_options_that_exist(page: Path, number: int, words: str) -> None:
    args = [word for word in shlex.split(words, comments=True) if word not in ("…", "...")]
    context = click.Context(root, info_name="leadbyte-import")
    while args and args[0].startswith("-"):
        assert args[0] in options(root), words
        args = args[1:]
    if not args or args[0] == "COMMAND":
        return
    command = root.get_command(context, args[0])
    assert command is not None, f"{named(page)}, line {number}: there is no command {args[0]}"
    given = args[1:]
    if page.name != "README.md" and not any(not word.startswith("-") for word in given):
        # In running text the arguments may be left out.
        given = [
            *given,
            *(one.name.upper() for one in command.params if isinstance(one, click.Argument) and one.name),
        ]
        missing = {one.opts[0] for one in command.params if isinstance(one, click.Option) and one.required}
        given += [word for option in missing - set(given) for word in (option, "VALUE")]
    with command.make_context(args[0], given, parent=context):
        pass


def options(command: click.Command) -> set[str]:
    found = {spelling for one in command.params if isinstance(one, click.Option) for spelling in one.opts}
    return found | {"--help", "-h"}
