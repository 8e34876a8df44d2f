"""Work out what a repository is built with. In: a SourceTree and the catalogue. Out: facts, each with its evidence.

What counts is code that ships: a Go technology is one that shipped code imports, a Rust one is a normal dependency of a shipped package.
Tests, examples, vendored and generated code do not count."""

from collections.abc import Callable, Iterable
from dataclasses import replace

from assistant.project.catalogue import Catalogue
from assistant.project.facts import RANK, Fact
from assistant.project.go_stack import go_facts, link_go_modules, read_go_module
from assistant.project.imports import SourceReader
from assistant.project.manifests import (
    read_manifests,
)
from assistant.project.rust_stack import PROGRAM_SERVICES, link_rust_packages, read_rust_package, rust_facts
from assistant.project.side_files import side_file_facts
from assistant.project.source_tree import SourceTree
from assistant.project.surroundings import COMPATIBLE_IMAGES, surrounding_facts


def detect_stack(tree: SourceTree, catalogue: Catalogue) -> tuple[Fact, ...]:
    """Every fact of every module, and those of the repository as a whole; one for each name, value and module, the most certain first."""
    manifests = read_manifests(tree)
    reader = SourceReader()
    facts: list[Fact] = []
    for module in link_go_modules([read_go_module(tree, at, manifests, catalogue, reader) for at in manifests.go]):
        facts += (replace(fact, module=module.path) for fact in go_facts(tree, module))
    for module in link_rust_packages([read_rust_package(tree, at, manifests, catalogue, reader) for at in manifests.rust]):
        facts += (replace(fact, module=module.path) for fact in rust_facts(tree, module))
    facts += surrounding_facts(tree, manifests, catalogue)
    facts += side_file_facts(tree, manifests)
    return _unique(facts, lambda fact: (fact.name, fact.value, fact.module))


def whole(facts: Iterable[Fact]) -> tuple[Fact, ...]:
    """The facts of the repository as a whole: each name and value once, and a library only where it is the product."""
    found = _unique(facts, lambda fact: (fact.name, fact.value))
    values = {(fact.name, fact.value) for fact in found}
    runs_on_tokio = ("async_runtime", "tokio") in values
    services = {value for name, value in values if name == "service_types"} & PROGRAM_SERVICES
    has_program = bool(services) or ("layout", "rust-bin") in values

    def is_part(fact: Fact) -> bool:
        """Whether it is a library inside a repository whose product is a program, or says what another fact says better."""
        library = (fact.name, fact.value) in (("service_types", "library"), ("layout", "rust-lib"))
        double = fact.name == "databases" and ("databases", COMPATIBLE_IMAGES.get(fact.value, "")) in values
        # actix-web alone stands for its runtime only where no package names tokio.
        replaced = runs_on_tokio and fact.value == "actix" and "actix-rt" not in fact.evidence.text
        # A main that reads no command line is a helper where other packages start services.
        helper = (fact.name, fact.value) == ("service_types", "cli") and fact.evidence.line is None and len(services) > 1
        return (library and has_program and "/" in fact.module) or double or replaced or helper

    return tuple(fact for fact in found if not is_part(fact))


def _unique(facts: Iterable[Fact], key: Callable[[Fact], tuple[str, ...]]) -> tuple[Fact, ...]:
    best: dict[tuple[str, ...], Fact] = {}
    for fact in facts:
        if key(fact) not in best or RANK[fact.certainty] < RANK[best[key(fact)].certainty]:
            best[key(fact)] = fact
    return tuple(sorted(best.values(), key=lambda fact: RANK[fact.certainty]))
