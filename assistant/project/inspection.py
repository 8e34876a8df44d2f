"""The report of `gnomon inspect`. In: a path. Out: the object that CONTRACT fixes, or the refusal as one."""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_project
from assistant.project.catalogue import Catalogue
from assistant.project.context import ProjectContext, describe
from assistant.project.discovery import DiscoveryQuestion, next_questions
from assistant.project.manifests import GoModuleAt, Manifests, RustPackageAt, read_manifests
from assistant.project.source_tree import SourceTree
from assistant.project.stack import Fact, facts_of
from index.pack import Pack

LISTS = ("layout", "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "service_types", "logging", "metrics", "other_ecosystem")
SCALARS = ("go_version", "rust_edition")
BOOLEANS = ("tests", "ci", "docker")


@dataclass(frozen=True)
class Inspector:
    """Reads projects and reports on them; needs no index and no model."""

    catalogue: Catalogue
    pack: Pack
    limits: Limits

    def inspect(self, path: Path) -> dict[str, Any]:
        """The report on one archive or folder; a refusal is `{"archive", "error"}`."""
        started = time.perf_counter()
        try:
            tree = read_project(path, self.limits)
        except ProjectRefused as error:
            return {"archive": path.name, "error": str(error)}
        manifests = read_manifests(tree)
        facts = facts_of(tree, manifests, self.catalogue)
        context = describe(tree, facts)
        report = inspect_report(path.name, facts, context, next_questions(context, self.pack))
        report["modules"] = _modules(tree, manifests, self.catalogue)
        report["multi_module"] = len(manifests.go) + len(manifests.rust) > 1
        report["seconds"] = round(time.perf_counter() - started, 3)
        return report


def inspect_report(name: str, facts: tuple[Fact, ...], context: ProjectContext, questions: tuple[DiscoveryQuestion, ...]) -> dict[str, Any]:
    """The report's fields, in the order of CONTRACT."""
    return {
        "archive": name,
        "modules": [],
        **_profile(facts),
        "multi_module": False,
        "evidence": _evidence(facts),
        "skipped": [asdict(skipped) for skipped in context.skipped],
        "questions": [asdict(question) for question in questions],
        "seconds": 0.0,
    }


def _profile(facts: tuple[Fact, ...]) -> dict[str, Any]:
    values: dict[str, list[str]] = {}
    for fact in facts:
        if fact.certainty != "possible":
            values.setdefault(fact.name, []).append(fact.value)
    languages = values.get("language", [])
    profile: dict[str, Any] = {"ecosystem": _ecosystem(languages, values.get("other_ecosystem", [])), "primary_languages": languages}
    profile |= {name: values.get(name, []) for name in LISTS}
    profile |= {name: max(values[name], key=_version) if values.get(name) else None for name in SCALARS}
    profile |= {name: name in values for name in BOOLEANS}
    return profile | {"grpc": "grpc" in values}


def _version(text: str) -> list[int]:
    return [int(part) if part.isdigit() else 0 for part in text.split(".")]


def _ecosystem(languages: list[str], others: list[str]) -> str | None:
    if len(languages) > 1 or (languages and others and set(others) - {"node"}):
        return "mixed"
    return languages[0] if languages else "other" if others else None


def _evidence(facts: tuple[Fact, ...]) -> dict[str, list[Mapping[str, Any]]]:
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for fact in facts:
        place = fact.evidence
        rows.setdefault(fact.name, []).append({"value": fact.value, "path": place.path, "line": place.line, "text": place.text, "certainty": fact.certainty})
    return rows


def _modules(tree: SourceTree, manifests: Manifests, catalogue: Catalogue) -> list[dict[str, Any]]:
    """One profile for each module where there are several."""
    singles = [Manifests((at,), (), (), {}, ()) for at in manifests.go] + [Manifests((), (at,), (), {}, ()) for at in manifests.rust]
    if len(singles) < 2:
        return []
    found = []
    for single in singles:
        at: GoModuleAt | RustPackageAt = single.go[0] if single.go else single.rust[0]
        facts = facts_of(_below(tree, at.root, manifests), single, catalogue)
        name = single.go[0].module.path if single.go else single.rust[0].manifest.package
        found.append({"module": name, "path": at.path, **_profile(facts), "evidence": _evidence(facts)})
    return found


def _below(tree: SourceTree, root: str, manifests: Manifests) -> SourceTree:
    """The part of the tree that one module governs."""
    roots = [at.root for at in manifests.go] + [at.root for at in manifests.rust]
    inner = tuple(other for other in roots if other != root and other.startswith(root)) or ("\0",)
    inside = {path for path in tree.paths if path.startswith(root) and not path.startswith(inner)}
    return SourceTree(tree.name, {path: text for path, text in tree.texts.items() if path in inside}, tuple(path for path in tree.paths if path in inside))
