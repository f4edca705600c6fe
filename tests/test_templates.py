"""Templates: translated, escaped, used, and importing what they use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

from app import create_app
from tests.conftest import SECRET

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "templates"
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.html"))
#: A mark between two texts, such as ：, needs no translation.
CHINESE = re.compile(r"[\u3400-\u9fff]")
PLACE = re.compile(r"(?<!%)%\((\w+)\)[sd]")


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    env = {
        "LAWGAUGE_INSTANCE": str(tmp_path_factory.mktemp("templates")),
        "LAWGAUGE_SECRET_KEY": SECRET,
    }
    return create_app(env, testing=True).jinja_env


def source(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def with_includes(name: str) -> str:
    """A template and all it includes: they see what it imports."""
    text = source(name)
    for included in re.findall(r'{%-? include "([^"]+)"( ~)?', text):
        pattern = f"{included[0]}*.html" if included[1] else included[0]
        for path in FOLDER.glob(pattern):
            text += with_includes(str(path.relative_to(FOLDER)))
    return text


def translations(tree: nodes.Template) -> Iterator[nodes.Call]:
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "_":
            yield call


@pytest.mark.parametrize("name", NAMES)
def test_it_compiles_and_finds_what_it_imports(
    environment: Environment, name: str
) -> None:
    environment.get_template(name)
    tree = environment.parse(source(name))
    for found in tree.find_all(nodes.FromImport):
        assert isinstance(found.template, nodes.Const)
        module = environment.parse(source(found.template.value))
        macros = {macro.name for macro in module.find_all(nodes.Macro)}
        for imported in found.names:
            wanted = imported if isinstance(imported, str) else imported[0]
            assert wanted in macros


@pytest.mark.parametrize("name", NAMES)
def test_it_uses_what_it_imports(environment: Environment, name: str) -> None:
    tree = environment.parse(source(name))
    text = re.sub(r"{%-? from .*? import .*?%}", "", with_includes(name))
    for found in tree.find_all(nodes.FromImport):
        for imported in found.names:
            used = imported if isinstance(imported, str) else imported[1]
            assert re.search(rf"\b{used}\b", text), f"{name} does not use {used}"


@pytest.mark.parametrize("name", NAMES)
def test_every_text_is_translated(environment: Environment, name: str) -> None:
    plain = [
        f"line {line}: {value.strip()[:40]}"
        for line, kind, value in environment.lex(source(name))
        if kind == "data" and CHINESE.search(re.sub(r"<!--.*?-->", "", value))
    ]
    assert not plain
    tree = environment.parse(source(name))
    inside = {id(const) for call in translations(tree) for const in call.args}
    loose = [
        f"line {const.lineno}: {const.value}"
        for const in tree.find_all(nodes.Const)
        if isinstance(const.value, str)
        and CHINESE.search(const.value)
        and id(const) not in inside
    ]
    assert not loose


@pytest.mark.parametrize("name", NAMES)
def test_every_place_in_a_text_is_filled(environment: Environment, name: str) -> None:
    for call in translations(environment.parse(source(name))):
        (text,) = call.args
        if isinstance(text, nodes.Const):  # else a message that a rule has made
            places = set(PLACE.findall(text.value))
            assert places == {given.key for given in call.kwargs}, text.value


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_let_through_unescaped(name: str) -> None:
    assert not re.search(r"\|\s*safe\b|autoescape", source(name))


@pytest.mark.parametrize("name", NAMES)
def test_it_is_used(name: str) -> None:
    code = [
        path
        for path in ROOT.rglob("*.py")
        if not {".venv", "tests"} & set(path.relative_to(ROOT).parts)
    ]
    others = [path for path in FOLDER.rglob("*.html") if path != FOLDER / name]
    folder = f'"{name.rpartition("/")[0]}/" ~'
    for path in [*others, *code]:
        text = path.read_text(encoding="utf-8")
        if f'"{name}"' in text or folder in text:
            return
    pytest.fail(f"nobody shows {name}")


@pytest.mark.parametrize("name", NAMES)
def test_C12_no_page_with_scripts_is_loaded_anew_under_its_reader(name: str) -> None:
    text = re.sub(r"<noscript>.*?</noscript>", "", source(name))
    for delay in re.findall(r'http-equiv="refresh" content="(\d+)', text):
        assert delay == "0"  # goes on at once, which disturbs nobody
