"""What sources import and start. In: Go and Rust texts. Out: imports with lines, calls. The only file that imports tree_sitter; bounded in bytes."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

MOST_BYTES = 1_000_000  # of one file; larger ones are generated


@dataclass(frozen=True)
class Found:
    """Something in a source: `name` is an import path or a called name, `alias` the local name of an import ("_" for its side effect)."""

    name: str
    line: int
    text: str
    alias: str = ""


@dataclass(frozen=True)
class SourceFacts:
    """Imports and qualified calls of one file; `package` is the Go package, `attributes` are Rust's `#[...]`."""

    package: str
    imports: tuple[Found, ...]
    calls: tuple[Found, ...]
    attributes: tuple[Found, ...] = ()


EMPTY = SourceFacts("", (), ())


@lru_cache(maxsize=2)
def _parser(language: str) -> Any:
    import tree_sitter

    if language == "go":
        import tree_sitter_go as grammar
    else:
        import tree_sitter_rust as grammar  # type: ignore[no-redef]
    return tree_sitter.Parser(tree_sitter.Language(grammar.language()))


def read_go(text: str) -> SourceFacts:
    """Package, imports and calls of the form `pkg.Name(...)` or `pkg.Type{...}` of a Go file."""
    return _read(text, "go", GO_NODES)


def read_rust(text: str) -> SourceFacts:
    """Used paths, calls of the form `a::b(...)`, macros and attributes of a Rust file."""
    return _read(text, "rust", RUST_NODES)


GO_NODES = {
    "package_clause": "package",
    "import_spec": "import",
    "call_expression": "call",
    "composite_literal": "literal",
}
RUST_NODES = {
    "use_declaration": "use",
    "extern_crate_declaration": "use",
    "call_expression": "call",
    "macro_invocation": "macro",
    "attribute_item": "attribute",
}


def _read(text: str, language: str, wanted: dict[str, str]) -> SourceFacts:
    source = text.encode("utf-8")
    if len(source) > MOST_BYTES:
        return EMPTY
    lines = text.splitlines()
    found: dict[str, list[Found]] = {"package": [], "import": [], "call": [], "attribute": []}
    stack = [_parser(language).parse(source).root_node]
    while stack:
        node = stack.pop()
        kind = wanted.get(node.type)
        if kind:
            _note(kind, node, source, lines, found)
        stack += reversed(node.children)
    package = found["package"][0].name if found["package"] else ""
    return SourceFacts(package, tuple(found["import"]), tuple(found["call"]), tuple(found["attribute"]))


def _note(kind: str, node: Any, source: bytes, lines: list[str], found: dict[str, list[Found]]) -> None:
    line = node.start_point[0] + 1
    text = lines[line - 1].strip()[:200] if line <= len(lines) else ""
    if kind == "package":
        found["package"].append(Found(_text(node.children[-1], source), line, text))
    elif kind == "import":
        alias = node.child_by_field_name("name")
        path = node.child_by_field_name("path")
        found["import"].append(Found(_text(path, source).strip('"`'), line, text, _text(alias, source) if alias else ""))
    elif kind == "use":
        argument = node.child_by_field_name("argument") or node.child_by_field_name("name")
        found["import"].append(Found(_text(argument, source), line, text))
    elif kind == "attribute":
        found["attribute"].append(Found(_text(node, source), line, text))
    else:
        target = node.child_by_field_name({"call": "function", "literal": "type", "macro": "macro"}[kind])
        name = "".join(_text(target, source).split()) if target else ""
        if 0 < len(name) <= 120:
            found["call"].append(Found(name, line, text))


def _text(node: Any, source: bytes) -> str:
    return source[node.start_byte : node.end_byte].decode("utf-8", "replace") if node else ""
