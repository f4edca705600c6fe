"""What import contracts cannot see: what is really loaded, and empty __init__ files."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CONFIG = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = CONFIG["tool"]["importlinter"]["root_packages"]
RULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for package in PACKAGES
    for path in (ROOT / package).glob("rules/**/*.py")
    if path.name != "__init__.py"
)
HEAVY = {"pandas", "numpy", "openpyxl", "python_calamine"}


def loaded_by(module: str, env: dict[str, str] | None = None) -> set[str]:
    """Top-level names in a fresh interpreter after one import."""
    code = (
        f"import sys, json; before = set(sys.modules); import {module};"
        "print(json.dumps(sorted(set(sys.modules) - before)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in json.loads(done.stdout)}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_every_package_is_under_contract() -> None:
    found = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert found - {"tests", "bench", "chaos", "migrations"} == set(PACKAGES)


@pytest.mark.parametrize("package", PACKAGES)
def test_init_files_hold_a_docstring_and_nothing_else(package: str) -> None:
    """Otherwise importing a rule would load whatever its package imports."""
    for path in modules(package):
        if path.name == "__init__.py":
            body = ast.parse(path.read_text(encoding="utf-8")).body
            assert len(body) <= 1, path
            assert all(
                isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
                for node in body
            ), path


def test_rules_exist() -> None:
    assert len(RULES) > 10


@pytest.mark.parametrize("module", RULES)
def test_a_rule_loads_the_standard_library_and_rules_alone(module: str) -> None:
    ours = {*PACKAGES}
    strange = loaded_by(module) - set(sys.stdlib_module_names) - ours
    allowed = {"numpy"} if module.startswith("reports.") else set()
    # Packaging tools may put names of their own into a new interpreter.
    assert {name for name in strange if not name.startswith("_")} <= allowed


def test_a_worker_serving_candidates_loads_neither_pandas_nor_spreadsheets(
    tmp_path: Path,
) -> None:
    """A second of start-up and 60 MB for each worker otherwise."""
    loaded = loaded_by("wsgi", {"LAWGAUGE_INSTANCE": str(tmp_path)})
    assert not loaded & HEAVY
    assert "flask" in loaded


@pytest.mark.parametrize("package", PACKAGES)
def test_no_attic(package: str) -> None:
    """A module is named by what it holds."""
    attics = {"utils", "util", "helpers", "helper", "misc", "common", "manager", "base"}
    assert not [path for path in modules(package) if path.stem in attics]


@pytest.mark.parametrize("package", PACKAGES)
def test_nothing_uses_the_legacy_query(package: str) -> None:
    for path in modules(package):
        text = path.read_text(encoding="utf-8")
        assert ".query." not in text, path
        assert "backref" not in text, path


def calls(path: Path, name: str) -> list[int]:
    """Lines that call a method of that name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
    ]


@pytest.mark.parametrize("package", PACKAGES)
def test_only_core_ends_a_transaction(package: str) -> None:
    """Operations write inside ``with write()``, which commits once.

    An operation may drop what it has read with a rollback; nobody else may.
    """
    may = [ROOT / "core" / name for name in ("db.py", "together.py")]
    for path in modules(package):
        if path not in may:
            assert not calls(path, "commit"), path
            if "operations" not in str(path):
                assert not calls(path, "rollback"), path


def test_views_hold_no_sql() -> None:
    found = [
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in modules(package)
        if "views" in path.relative_to(ROOT).with_suffix("").parts
        and "sqlalchemy" in path.read_text(encoding="utf-8")
    ]
    assert not found


MESSAGES = {"Refused", "Missing", "Forbidden", "Conflict", "Busy", "gettext"}
MESSAGES |= {"lazy_gettext", "_"}
PLACE = re.compile(r"(?<!%)%\((\w+)\)[sd]")


def messages(path: Path) -> Iterator[tuple[str, set[str]]]:
    """Texts for people in a module, with the names of the values given to each."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        text, given = node.args[0], [keyword.arg for keyword in node.keywords]
        if name in MESSAGES and isinstance(text, ast.Constant) and None not in given:
            yield str(text.value), {str(one) for one in given}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_place_in_a_message_is_filled(package: str) -> None:
    for path in modules(package):
        for text, given in messages(path):
            assert set(PLACE.findall(text)) == given, f"{path.name}: {text}"
