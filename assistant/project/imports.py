"""What sources import and call. In: Go and Rust texts. Out: imports, calls and types with their lines. Owns tree_sitter; bounded in bytes and time."""

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

MOST_FILE_BYTES = 400_000  # larger sources are generated
MOST_FILE_SECONDS = 1.0  # hostile nesting makes the parser crawl; a real file takes milliseconds
MOST_TOTAL_BYTES = 16_000_000  # some four seconds of parsing
MOST_TOTAL_SECONDS = 5.0
LONGEST_NODE_BYTES = 2_000  # of a name; a Rust `use` may be a long list
GO_NODES = {"package_clause", "import_spec", "call_expression", "qualified_type"}
RUST_NODES = {"use_declaration", "call_expression", "macro_invocation", "attribute_item"}
LEAVES = {"import_spec", "use_declaration", "attribute_item", "package_clause"}  # nothing of interest lies below them
NODES_A_LOOK = 2_000  # nodes between two looks at the clock
GO_DECLARATION = re.compile(r"^(?:func|type|var|const)\b", re.MULTILINE)
GO_IMPORT = re.compile(r"^import\b", re.MULTILINE)


@dataclass(frozen=True)
class Found:
    """Something in a source: `name` is an import path or what is called, `alias` the local name of an import ("_" for its side effect)."""

    name: str
    line: int
    text: str
    alias: str = ""


@dataclass(frozen=True)
class Source:
    """One file: its Go package, its imports, and its calls.

    A Go call is `net/http.ListenAndServe` (import path and name; types such as `net/http.Server` too) or `.Serve` for a method;
    a Rust call is `axum::serve`, `.recv`, or `tokio::main` for an attribute or macro.
    """

    path: str
    package: str = ""
    imports: tuple[Found, ...] = ()
    calls: tuple[Found, ...] = ()

    def has_import(self, beginning: str) -> bool:
        """Whether a package of that path, or below it, is imported."""
        return any(found.name == beginning or found.name.startswith(f"{beginning}/") for found in self.imports)


@dataclass
class SourceReader:
    """Parses sources until its bytes or seconds are used up; `unread` counts the files after that."""

    bytes_left: int = MOST_TOTAL_BYTES
    deadline: float = field(default_factory=lambda: time.monotonic() + MOST_TOTAL_SECONDS)
    unread: int = 0

    def read_go_imports(self, path: str, text: str) -> Source:
        """Package and imports of a file. They decide most and cost little, so they come out of the seconds and not out of the bytes."""
        lines = text.splitlines()
        nodes = self._nodes("go", _go_head(text), is_free=True)
        package = next((_words(node.children[-1]) for node in nodes if node.type == "package_clause"), "")
        return Source(path, package, tuple(_go_import(node, lines) for node in nodes if node.type == "import_spec"))

    def read_go_calls(self, source: Source, text: str, is_telling: Callable[[str], bool]) -> Source:
        """The file with its calls, when it imports a telling package."""
        if not any(is_telling(found.name) for found in source.imports):
            return source
        return replace(source, calls=tuple(_go_calls(self._nodes("go", text), source.imports, text.splitlines())))

    def read_rust(self, texts: Iterable[tuple[str, str]], telling: re.Pattern[str]) -> tuple[Source, ...]:
        """The files that hold a telling word."""
        return tuple(self._read_rust(path, text) for path, text in texts if not self._is_spent(len(text)) and telling.search(text))

    def _is_spent(self, size: int) -> bool:
        """Whether a file of this size is too much; counts it as unread then."""
        is_spent = size > min(MOST_FILE_BYTES, self.bytes_left) or time.monotonic() > self.deadline
        self.unread += is_spent
        return is_spent

    def _read_rust(self, path: str, text: str) -> Source:
        nodes, lines = self._nodes("rust", text), text.splitlines()
        imports = tuple(_found(_words(node.child_by_field_name("argument")), node, lines) for node in nodes if node.type == "use_declaration")
        return Source(path, "", imports, tuple(_rust_calls(nodes, lines)))

    def _nodes(self, language: str, text: str, is_free: bool = False) -> list[Any]:
        """The telling syntax nodes of a text in their order; none once the budget is used up."""
        source = text.encode("utf-8")
        if self._is_spent(0 if is_free else len(source)):
            return []
        self.bytes_left -= 0 if is_free else len(source)
        try:
            return list(_walk(source, language))
        except TimeoutError:
            self.unread += 1
            return []


@lru_cache(maxsize=2)
def _grammar(language: str) -> Any:
    import tree_sitter

    if language == "go":
        import tree_sitter_go as grammar
    else:
        import tree_sitter_rust as grammar  # type: ignore[no-redef]
    return tree_sitter.Language(grammar.language())


def _walk(source: bytes, language: str) -> Iterator[Any]:
    """Syntax nodes that tell something. By hand: a tree-sitter query takes minutes over a file of 400,000 open brackets. Raises TimeoutError."""
    import tree_sitter

    wanted = GO_NODES if language == "go" else RUST_NODES
    deadline = time.monotonic() + MOST_FILE_SECONDS
    try:  # A parser of its own for each file: one that was stopped would go on where it stood.
        parser = tree_sitter.Parser(_grammar(language))
        tree = parser.parse(lambda offset, _: source[offset : offset + 65_536], progress_callback=lambda *_: time.monotonic() > deadline)
    except ValueError as error:
        raise TimeoutError from error
    stack = [tree.root_node]
    seen = 0
    while stack:
        node = stack.pop()
        seen += 1
        if seen % NODES_A_LOOK == 0 and time.monotonic() > deadline:
            raise TimeoutError
        if node.type in wanted:
            yield node
        if node.type not in LEAVES:
            stack += reversed(node.named_children)


def _go_head(text: str) -> str:
    """The part of a Go file that can hold imports."""
    imports = list(GO_IMPORT.finditer(text))
    first = GO_DECLARATION.search(text, imports[-1].end()) if imports else None
    return text[: first.start()] if first else text


def _go_import(node: Any, lines: list[str]) -> Found:
    alias, path = node.child_by_field_name("name"), node.child_by_field_name("path")
    return replace(_found(_words(path).strip('"`'), node, lines), alias=_words(alias) if alias else "")


def _go_calls(nodes: list[Any], imports: tuple[Found, ...], lines: list[str]) -> Iterator[Found]:
    packages = {found.alias or _local_name(found.name): found.name for found in imports}
    for node in nodes:
        operand, name = _go_parts(node)
        if name:
            package = packages.get(_words(operand), "") if operand.type in ("identifier", "package_identifier") else ""
            yield _found(f"{package}.{_words(name)}", name, lines)


def _go_parts(node: Any) -> tuple[Any, Any]:
    """The two sides of `pkg.Name` in a call or a type; None where it has no dot."""
    if node.type == "qualified_type":
        return node.child_by_field_name("package"), node.child_by_field_name("name")
    called = node.child_by_field_name("function") if node.type == "call_expression" else None
    if called is None or called.type != "selector_expression":
        return None, None
    return called.child_by_field_name("operand"), called.child_by_field_name("field")


def _local_name(path: str) -> str:
    """The name by which a package is most likely called: `github.com/redis/go-redis/v9` is `redis`."""
    parts = re.sub(r"/v\d+$|\.v\d+$", "", path).split("/")
    return re.sub(r"^go-|[-.]go$", "", parts[-1])


def _rust_calls(nodes: list[Any], lines: list[str]) -> Iterator[Found]:
    for node in nodes:
        if node.type == "attribute_item":
            yield _found(re.split(r"[(=\]]", _words(node).removeprefix("#["), maxsplit=1)[0], node, lines)
        elif node.type == "macro_invocation":
            yield _found(_words(node.child_by_field_name("macro")), node, lines)
        elif node.type == "call_expression":
            called = node.child_by_field_name("function")
            if called is not None and called.type == "generic_function":
                called = called.child_by_field_name("function")
            if called is not None and called.type == "field_expression":
                called = called.child_by_field_name("field")
                yield _found(f".{_words(called)}", called, lines)
            elif called is not None:
                yield _found(_words(called), called, lines)


def _found(name: str, node: Any, lines: list[str]) -> Found:
    line = node.start_point[0]
    return Found(name, line + 1, _line(lines, line))


def _line(lines: list[str], number: int) -> str:
    return lines[number].strip()[:200] if number < len(lines) else ""


def _words(node: Any) -> str:
    if node is None or node.end_byte - node.start_byte > LONGEST_NODE_BYTES:
        return ""
    return re.sub(r"\s+", "", node.text.decode("utf-8", "replace"))
