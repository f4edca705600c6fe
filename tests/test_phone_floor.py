"""What a phone is sent keeps to its oldest engines: Chrome 78 and iOS 13.4.

Both files are read by a real parser; what they use stands in phone_floor.toml.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import tree_sitter_css
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from core.assets import bare, bundles_in

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("again", "phone", "waiting")
PARTS = sorted(path for one in FOLDERS for path in (ROOT / "static" / one).iterdir())
FLOOR = tomllib.loads((ROOT / "tests" / "phone_floor.toml").read_text("utf-8"))
LANGUAGES = {
    "js": Language(tree_sitter_javascript.language()),
    "css": Language(tree_sitter_css.language()),
}


def allowed(section: str, name: str) -> set[str]:
    """One list of the floor."""
    text: str = FLOOR[section][name]
    return set(text.split())


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def of_kind(kind: str) -> list[Path]:
    return [path for path in PARTS if path.suffix == f".{kind}"]


def tree(text: str, kind: str) -> Node:
    return Parser(LANGUAGES[kind]).parse(text.encode()).root_node


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for child in root.children:
        yield from nodes(child)


def nodes_of(kind: str) -> list[Node]:
    return [node for path in of_kind(kind) for node in nodes(tree(read(path), kind))]


def text_of(node: Node) -> str:
    assert node.text is not None
    return node.text.decode()


def field(node: Node | None, name: str) -> str:
    child = node.child_by_field_name(name) if node else None
    return text_of(child) if child else ""


def type_above(node: Node) -> str:
    return node.parent.type if node.parent else ""


def tokens(text: str, kind: str) -> list[str]:
    """Everything but comments, in order."""
    return [
        text_of(node)
        for node in nodes(tree(text, kind))
        if not node.children and "comment" not in node.type
    ]


@pytest.mark.parametrize("path", PARTS, ids=lambda path: str(path.name))
def test_what_is_sent_says_what_is_written(path: Path) -> None:
    kind, text = path.suffix[1:], read(path)
    assert not tree(text, kind).has_error
    assert tokens(bare(text, kind), kind) == tokens(text, kind)
    assert "/*" not in bare(text, kind)
    assert len(text.splitlines()) <= 300


def test_the_parts_are_sent_as_four_files() -> None:
    bundles = bundles_in(ROOT / "static")
    assert set(bundles) == {"again.js", "phone.css", "phone.js", "waiting.js"}
    for name, bundle in bundles.items():
        assert not tree(bundle.body.decode(), name.rpartition(".")[2]).has_error


def test_the_script_is_written_for_the_oldest_engine() -> None:
    syntax, marks = allowed("script", "syntax"), allowed("script", "tokens")
    for node in nodes_of("js"):
        text = text_of(node)
        if node.is_named:
            assert node.type in syntax, text[:80]
        elif not node.children:
            assert node.type in marks, text
        if node.type == "number":
            assert re.fullmatch(r"[0-9]+(\.[0-9]+)?", text)
        if node.type == "regex":
            assert not re.search(r"\(\?<|\\[pk]\{|/[^/]*[vd]$", text), text


def declared(found: list[Node]) -> set[str]:
    """Names our own script gives to its functions, variables and parameters."""
    names = set()
    binding = {"formal_parameters", "array_pattern", "rest_pattern", "pair_pattern"}
    for node in found:
        if node.type in ("function_declaration", "variable_declarator"):
            names.add(field(node, "name"))
        elif node.type in ("catch_clause", "arrow_function"):
            names.add(field(node, "parameter"))
        elif node.type == "shorthand_property_identifier_pattern" or (
            node.type == "identifier" and type_above(node) in binding
        ):
            names.add(text_of(node))
    return names


def keys_of_ours(found: list[Node]) -> set[str]:
    """Names that objects of our own have."""
    return {
        text_of(node)
        for node in found
        if node.type == "shorthand_property_identifier"
        or (node.type == "property_identifier" and type_above(node) == "pair")
    }


def test_the_script_uses_what_the_oldest_engine_has_and_the_list_nothing_else() -> None:
    since = FLOOR["since"]
    assert all(chrome <= 78 and ios <= 13.4 for chrome, ios in since.values())
    found = nodes_of("js")
    ours, keys = declared(found), keys_of_ours(found)
    used = {
        text_of(node)
        for node in found
        if (node.type == "identifier" and text_of(node) not in ours)
        or (
            node.type == "property_identifier"
            and type_above(node) in ("member_expression", "pair_pattern")
            and field(node.parent, "object") != "texts"
            and text_of(node) not in keys
        )
        or node.type == "shorthand_property_identifier_pattern"
    }
    known = allowed("script", "web") | allowed("script", "messages") | set(since)
    assert used - ours - keys - known == set()
    assert known - used - ours - keys == set()  # nobody uses it: out of the list


def test_every_text_the_script_uses_is_on_the_page() -> None:
    pages = ROOT / "templates" / "phone"
    page = read(pages / "paper.html") + read(pages / "ready.html")
    given = set(re.findall(r'^  "(\w+)": _\(', page, re.MULTILINE))
    used = {
        field(node, "property")
        for node in nodes_of("js")
        if node.type == "member_expression" and field(node, "object") == "texts"
    }
    used |= set(re.findall(r'\bsay\("(\w+)"', "".join(map(read, of_kind("js")))))
    assert used - given == set()


def test_nothing_becomes_markup_or_code() -> None:
    names = {text_of(node) for node in nodes_of("js") if "identifier" in node.type}
    assert not names & {"innerHTML", "outerHTML", "insertAdjacentHTML", "eval"}
    assert not names & {"Function", "execCommand", "beforeunload", "onbeforeunload"}


def test_the_style_sheet_is_written_for_the_oldest_engine() -> None:
    lists = {
        name: allowed("style", name) for name in ("property_name", "unit", "at_rule")
    }
    lists["property_name"] |= allowed("style", "welcome")
    lists["feature_name"] = allowed("style", "feature_name")
    newer = allowed("style", "with_a_fallback")
    lists["function_name"] = allowed("style", "function_name") | newer | {"not"}
    for node in nodes_of("css"):
        text = text_of(node)
        kind = "at_rule" if node.type.startswith("@") else node.type
        if kind in lists and not text.startswith(("--", "-webkit-")):
            assert text in lists[kind], kind
        if node.type in ("pseudo_class_selector", "pseudo_element_selector"):
            found = set(re.findall(r"::?(-?[a-z-]+)", text))
            assert found <= allowed("style", "pseudo") | {"focus-visible"}
        if node.type == "selectors":  # an engine that cannot read it skips the rule
            assert not re.search(r"(?<!:not\():focus-visible", text)
        assert node.type != "nesting_selector"


def test_what_is_a_little_newer_follows_what_every_engine_reads() -> None:
    newer = allowed("style", "with_a_fallback")
    for block in (node for node in nodes_of("css") if node.type == "block"):
        plain = set()
        for rule in (node for node in block.children if node.type == "declaration"):
            name = text_of(rule.named_children[0])
            called = {text_of(n) for n in nodes(rule) if n.type == "function_name"}
            if called & newer:
                assert name in plain, text_of(rule)
            else:
                plain.add(name)
