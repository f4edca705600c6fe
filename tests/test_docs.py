"""What stands in the documents is what the program does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask

from core.config import read_settings
from core.db import Model
from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[1]
RUNNING = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONFIG = (ROOT / "core" / "config.py").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SETTINGS = sorted(set(re.findall(r'"(LAWGAUGE_\w+)"', CONFIG)))
TARGETS = re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE)
FLASKS_OWN = {"db", "routes", "run", "shell"}
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def row(name: str) -> list[str]:
    """The cells of a setting's line in the table."""
    found = re.search(rf"^\| `{name}` \|(.*)\|$", RUNNING, re.MULTILINE)
    assert found, f"docs/running.md does not describe {name}"
    return [cell.strip() for cell in found[1].split("|")]


def test_there_are_settings_and_targets() -> None:
    assert len(SETTINGS) >= 10
    assert {"run", "test", "check", "bench", "chaos", "demo", "lock"} <= set(TARGETS)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_setting_is_described_with_its_default(name: str, tmp_path: Path) -> None:
    default, meaning = row(name)
    assert meaning
    settings = read_settings(
        {"LAWGAUGE_INSTANCE": str(tmp_path), "LAWGAUGE_SECRET_KEY": SECRET}
    )
    value = getattr(settings, name.removeprefix("LAWGAUGE_").lower())
    if name not in ("LAWGAUGE_INSTANCE", "LAWGAUGE_SECRET_KEY") and value is not None:
        shown = str(value).removeprefix(f"sqlite:///{tmp_path}/")
        assert default.startswith(f"`{shown}`")
    else:
        assert default


def test_no_setting_is_described_that_is_not_read() -> None:
    described = set(re.findall(r"^\| `(LAWGAUGE_\w+)` \|", RUNNING, re.MULTILINE))
    assert described == set(SETTINGS)


BESIDES = (".venv", "tests", "bench", "chaos")


def test_the_program_speaks_of_no_other_settings() -> None:
    for path in ROOT.glob("*/**/*.py"):
        if path.relative_to(ROOT).parts[0] not in BESIDES:
            named = re.findall(r"LAWGAUGE_[A-Z_]+", path.read_text(encoding="utf-8"))
            assert set(named) <= set(SETTINGS), path


def commands(group: click.Group, prefix: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_is_described(app: Flask) -> None:
    known = set(commands(app.cli, "flask"))
    ours = {name for name in known if name.split()[1] not in FLASKS_OWN}
    assert len(ours) > 10
    assert not {name for name in ours if name not in RUNNING + README}


def test_every_command_and_option_explains_itself(app: Flask) -> None:
    waiting: list[tuple[str, click.Command]] = [
        (name, command)
        for name, command in app.cli.commands.items()
        if name not in FLASKS_OWN
    ]
    for name, command in waiting:
        assert command.help, f"flask {name} has no help"
        if isinstance(command, click.Group):
            waiting += [(f"{name} {n}", c) for n, c in command.commands.items()]
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help, f"flask {name} {parameter.opts[0]} has no help"


def test_documents_name_only_commands_that_exist(app: Flask) -> None:
    groups = {name for name in app.cli.commands if name not in FLASKS_OWN}
    known = set(commands(app.cli, "flask"))
    for document in (README, RUNNING):
        for group, verb in re.findall(r"\bflask ([a-z]+)(?: ([a-z]+))?\b", document):
            if group in groups:
                named = {f"flask {group}", f"flask {group} {verb}".strip()}
                assert named & known, f"flask {group} {verb}"


@pytest.mark.parametrize("target", TARGETS)
def test_every_make_target_is_described(target: str) -> None:
    assert re.search(
        rf"`make {target}\b|^make {target}\b", RUNNING + README, re.MULTILINE
    )


def test_documents_name_only_targets_that_exist() -> None:
    known = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert set(re.findall(r"`make ([a-z]+)\b", text)) <= known, document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)|src=\"([^\":]+)\"", text):
        path = target[0] or target[1]
        assert (document.parent / path).exists(), f"{document.name}: {path}"


def glossary() -> list[tuple[str, str]]:
    """The first two columns: the Chinese word and its identifiers."""
    path = ROOT / "docs" / "glossary.md"
    if not path.exists():
        pytest.skip("no glossary yet")
    lines = path.read_text(encoding="utf-8").splitlines()
    cells = [line.split("|")[1:3] for line in lines if line.startswith("| ")]
    return [(word.strip(), names) for word, names in cells[1:]]


def test_every_table_has_its_word() -> None:
    named = {n for _, names in glossary() for n in re.findall(r"`([A-Z]\w+)`", names)}
    tables = {mapper.class_.__name__ for mapper in Model.registry.mappers}
    assert tables <= named


def test_a_word_and_an_identifier_mean_one_thing() -> None:
    entries = glossary()
    words = [word for word, _ in entries]
    names = [n for _, cell in entries for n in re.findall(r"`([A-Z]\w+)`", cell)]
    assert len(words) == len(set(words))
    assert len(names) == len(set(names))
