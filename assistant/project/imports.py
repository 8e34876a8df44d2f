"""What sources import and call. In: Go and Rust texts. Out: imports, calls and types with their lines. Owns tree_sitter; bounded in bytes and time."""

import re
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
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
METHOD_CALL = re.compile(r"\.(\w+)\(")
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


@dataclass(frozen=True)
class _Text:
    """A source as bytes, in which the parser's offsets count, and as lines."""

    source: bytes
    lines: list[str]

    def words(self, node: Any) -> str:
        """The text of a node without white space. Cut out here: a parser that is fed piece by piece gathers the text of a node slowly."""
        if node is None or node.end_byte - node.start_byte > LONGEST_NODE_BYTES:
            return ""
        return "".join(self.source[node.start_byte : node.end_byte].decode("utf-8", "replace").split())

    def found(self, name: str, node: Any, alias: str = "") -> Found:
        """Something at the line of a node."""
        line = node.start_point[0]
        return Found(name, line + 1, self.lines[line].strip()[:200] if line < len(self.lines) else "", alias)


@dataclass
class SourceReader:
    """Parses sources until its bytes or seconds are used up; `unread` counts the files after that."""

    bytes_left: int = MOST_TOTAL_BYTES
    deadline: float = field(default_factory=lambda: time.monotonic() + MOST_TOTAL_SECONDS)
    unread: int = 0

    def read_go_imports(self, path: str, text: str) -> Source:
        """Package and imports of a file. They decide most and cost little, so they come out of the seconds and not out of the bytes."""
        head = _Text(_go_head(text).encode(), text.splitlines())
        nodes = self._nodes("go", head.source, is_free=True)
        package = next((head.words(node.children[-1]) for node in nodes if node.type == "package_clause"), "")
        return Source(path, package, tuple(_go_import(node, head) for node in nodes if node.type == "import_spec"))

    def read_go_calls(self, source: Source, text: str, is_telling: Callable[[str], bool]) -> Source:
        """The file with its calls, when it imports a telling package."""
        if not any(is_telling(found.name) for found in source.imports):
            return source
        whole = _Text(text.encode(), text.splitlines())
        return replace(source, calls=tuple(_go_calls(self._nodes("go", whole.source), source.imports, whole)))

    def read_rust(self, texts: Iterable[tuple[str, str]], telling: Sequence[str]) -> tuple[Source, ...]:
        """The files that hold a telling word."""
        return tuple(self._read_rust(path, text) for path, text in texts if not self._is_spent(len(text)) and any(word in text for word in telling))

    def _is_spent(self, size: int) -> bool:
        """Whether a file of this size is too much; counts it as unread then."""
        is_spent = size > min(MOST_FILE_BYTES, self.bytes_left) or time.monotonic() > self.deadline
        self.unread += is_spent
        return is_spent

    def _read_rust(self, path: str, text: str) -> Source:
        whole = _Text(text.encode(), text.splitlines())
        nodes = self._nodes("rust", whole.source)
        imports = tuple(whole.found(whole.words(node.child_by_field_name("argument")), node) for node in nodes if node.type == "use_declaration")
        return Source(path, "", imports, tuple(_rust_calls(nodes, whole)))

    def _nodes(self, language: str, source: bytes, is_free: bool = False) -> list[Any]:
        """The telling syntax nodes of a source in their order; none once the budget is used up."""
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


def _go_import(node: Any, text: _Text) -> Found:
    alias, path = node.child_by_field_name("name"), node.child_by_field_name("path")
    return text.found(text.words(path).strip('"`'), node, text.words(alias))


def _go_calls(nodes: list[Any], imports: tuple[Found, ...], text: _Text) -> Iterator[Found]:
    packages = {found.alias or _local_name(found.name): found.name for found in imports}
    for node in nodes:
        operand, name = _go_parts(node)
        if name:
            package = packages.get(text.words(operand), "") if operand.type in ("identifier", "package_identifier") else ""
            yield text.found(f"{package}.{text.words(name)}", name)


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


def _rust_calls(nodes: list[Any], text: _Text) -> Iterator[Found]:
    for node in nodes:
        if node.type == "attribute_item":
            yield text.found(re.split(r"[(=\]]", text.words(node).removeprefix("#["), maxsplit=1)[0], node)
        elif node.type == "macro_invocation":
            yield text.found(text.words(node.child_by_field_name("macro")), node)
            yield from _calls_in_select(node, text)
        elif node.type == "call_expression":
            called = node.child_by_field_name("function")
            if called is not None and called.type == "generic_function":
                called = called.child_by_field_name("function")
            if called is not None and called.type == "field_expression":
                called = called.child_by_field_name("field")
                yield text.found(f".{text.words(called)}", called)
            elif called is not None:
                yield text.found(text.words(called), called)


def _calls_in_select(node: Any, text: _Text) -> Iterator[Found]:
    """Method calls inside `select!`, where servers wait for connections: to the parser, what stands in a macro is only tokens."""
    if not text.words(node.child_by_field_name("macro")).endswith("select"):
        return
    first = node.start_point[0]
    for number, line in enumerate(text.lines[first : node.end_point[0] + 1], first):
        for called in METHOD_CALL.finditer(line[:LONGEST_NODE_BYTES]):
            yield Found(f".{called[1]}", number + 1, line.strip()[:200])
