"""The report of `gnomon inspect`. In: a path. Out: the object that CONTRACT fixes, or the refusal as one."""

import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_project
from assistant.project.catalogue import Catalogue
from assistant.project.context import ProjectContext, describe
from assistant.project.discovery import DiscoveryQuestion, next_questions
from assistant.project.facts import Fact
from assistant.project.source_tree import SourceTree
from assistant.project.stack import detect_stack, whole
from index.pack import Pack

LISTS_FIRST = ("primary_languages", "other_ecosystem", "layout", "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache")
SCALARS = ("go_version", "rust_edition")


@dataclass(frozen=True)
class Inspector:
    """Reads projects and reports on them; needs no index and no model."""

    catalogue: Catalogue
    pack: Pack
    limits: Limits

    def inspect(self, path: Path) -> dict[str, object]:
        """The report on one archive or folder; a refusal is `{"archive", "error"}`."""
        started = time.perf_counter()
        try:
            tree = read_project(path, self.limits)
        except ProjectRefused as error:
            return {"archive": path.name, "error": str(error)}
        facts = detect_stack(tree, self.catalogue)
        context = describe(tree, facts)
        return inspect_report(path.name, tree, facts, context, next_questions(context, self.pack), time.perf_counter() - started)


def inspect_report(
    name: str, tree: SourceTree, facts: tuple[Fact, ...], context: ProjectContext, questions: tuple[DiscoveryQuestion, ...], seconds: float
) -> dict[str, object]:
    """The report's fields, in the order of CONTRACT."""
    modules = _modules(tree, facts)
    return {
        "archive": name,
        "modules": modules,
        **_profile(whole(facts), len(modules) > 1),
        "evidence": _evidence(whole(facts)),
        "summary": context.summary,
        "conflicts": list(context.conflicts),
        "skipped": [asdict(skipped) for skipped in context.skipped],
        "questions": [asdict(question) for question in questions],
        "seconds": round(seconds, 3),
    }


def _modules(tree: SourceTree, facts: tuple[Fact, ...]) -> list[dict[str, object]]:
    """One profile for each module where there are several."""
    of_module: dict[str, list[Fact]] = {}
    for fact in facts:
        if fact.module:
            of_module.setdefault(fact.module, []).append(fact)
    if len(of_module) < 2:
        return []
    order = sorted(of_module, key=lambda path: (path.count("/"), path))
    return [{"module": _name(tree, path), "path": path, **_profile(of_module[path], False), "evidence": _evidence(of_module[path])} for path in order]


def _name(tree: SourceTree, path: str) -> str:
    """The name that a module gives itself; its path when it gives none."""
    pattern = r"^module\s+\"?([^\s\"]+)" if path.endswith("go.mod") else r"^\s*name\s*=\s*[\"']([^\"']+)"
    found = re.search(pattern, tree.texts.get(path, ""), re.MULTILINE)
    return found[1] if found else path


def _profile(facts: Iterable[Fact], multi_module: bool) -> dict[str, object]:
    """What is known of a repository or a module, each field with its values."""
    values: dict[str, list[str]] = {}
    for fact in facts:
        if fact.certainty != "possible" and fact.value not in values.setdefault(fact.name, []):
            values[fact.name].append(fact.value)
    languages = values.get("primary_languages", [])
    return {
        "ecosystem": next(iter(values.get("ecosystem", languages)), None),
        **{name: values.get(name, []) for name in LISTS_FIRST},
        "grpc": "grpc" in values,
        "service_types": values.get("service_types", []),
        **{name: next(iter(values.get(name, [])), None) for name in SCALARS},
        "multi_module": multi_module,
        **{name: values.get(name, []) for name in ("logging", "metrics")},
        **{name: name in values for name in ("tests", "ci", "docker")},
    }


def _evidence(facts: Iterable[Fact]) -> dict[str, list[Mapping[str, object]]]:
    rows: dict[str, list[Mapping[str, object]]] = {}
    for fact in facts:
        place = fact.evidence
        row = {"value": fact.value, "path": place.path, "line": place.line, "text": place.text, "certainty": fact.certainty, "version": fact.version}
        rows.setdefault(fact.name, []).append(row)
    return rows
