"""What is known of a project. In: facts and the user's answers. Out: search filters, text, and the keys still unknown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from assistant.errors import UnknownContextValue
from assistant.project.catalogue import Catalogue, nearest
from assistant.project.conflicts import find_conflicts
from assistant.project.facts import Fact
from assistant.project.manifests import read_manifests
from assistant.project.source_tree import Skipped, SourceTree
from assistant.project.stack import whole
from index.pack import PackQuestion

CONTEXT_KEYS = ("language", "service_type", "concurrency", "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache")
FACT_NAMES = {"language": "primary_languages", "service_type": "service_types"}  # where the context's word and the report's differ
LANGUAGES = ("go", "rust")
SERVICE_TYPES = ("http-api", "grpc-service", "worker", "cli", "library", "tcp-server")
RUNNING = ("http-api", "grpc-service", "worker", "tcp-server")
CONCURRENCY = ("high", "moderate", "cpu-bound", "sequential")
FIXED_VALUES = {"language": LANGUAGES, "service_type": SERVICE_TYPES, "concurrency": CONCURRENCY}
WORDS = {
    "golang": "go", "http api": "http-api", "http": "http-api", "rest": "http-api", "rest api": "http-api", "graphql": "http-api", "grpc": "grpc-service",
    "grpc service": "grpc-service", "consumer": "worker", "background jobs": "worker", "command-line": "cli", "command-line tool": "cli", "lib": "library",
    "tcp": "tcp-server", "tcp server": "tcp-server", "cpu bound": "cpu-bound",
}  # fmt: skip
SERVICE_WORDS = {
    "http-api": "HTTP API", "grpc-service": "gRPC service", "worker": "worker", "cli": "command-line tool", "library": "library", "tcp-server": "TCP server",
}  # fmt: skip


@dataclass(frozen=True)
class ProjectContext:
    """Facts from the upload and answers from the user; an answer wins over a fact of the same name.

    `answers` maps a context key to the chosen values; an empty tuple means "leave it out" (skipped or removed).
    """

    project: str | None = None
    summary: str = ""
    facts: tuple[Fact, ...] = ()
    answers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    files_read: int = 0
    tree: SourceTree | None = field(default=None, repr=False, compare=False)  # kept for a while so that answers can point at lines
    every_fact: tuple[Fact, ...] = field(default=(), repr=False)  # of each module, as detected; `facts` are those of the repository or the chosen module
    module: str = ""  # the manifest of the module that was chosen; empty for the repository as a whole
    conflicts: tuple[str, ...] = ()

    def values(self, key: str) -> tuple[str, ...]:
        """The values in force for one context key: the user's if given, else the detected ones, most certain first."""
        if key in self.answers:
            return self.answers[key]
        name, fixed = FACT_NAMES.get(key, key), FIXED_VALUES.get(key)
        sure = (fact.value for fact in self.facts if fact.name == name and fact.certainty != "possible")
        return tuple(dict.fromkeys(value for value in sure if not fixed or value in fixed))

    def filters(self) -> dict[str, tuple[str, ...]]:
        """Every context key with at least one value: what search filters and prefers by."""
        return {key: found for key in CONTEXT_KEYS if (found := self.values(key))}

    def with_answer(self, key: str, values: tuple[str, ...]) -> "ProjectContext":
        """A new context in which the user's word on `key` is `values`."""
        return replace(self, answers={**self.answers, key: values})

    def without_answer(self, key: str) -> "ProjectContext":
        """A new context in which the evidence on `key` counts again."""
        return replace(self, answers={name: values for name, values in self.answers.items() if name != key})

    def with_module(self, module: str) -> "ProjectContext":
        """The context of one module (by its manifest), or of the whole repository for an empty one; answers stay."""
        chosen = [fact for fact in self.every_fact if not module or fact.module in (module, "")]
        found = replace(self, facts=whole(chosen), module=module)
        return replace(found, summary=_summary(found))


@dataclass(frozen=True)
class ServiceChoice:
    """A module that starts a service of its own: its manifest, and what it is in one sentence."""

    module: str
    summary: str


def service_choices(context: ProjectContext) -> tuple[ServiceChoice, ...]:
    """The modules of a monorepo to choose from, the one with most programs' work first; empty when there are not at least two services."""
    kinds: dict[str, set[str]] = {}
    for fact in context.every_fact:
        if fact.module and fact.name == "service_types" and fact.value in RUNNING and fact.certainty != "possible":
            kinds.setdefault(fact.module, set()).add(fact.value)
    if len(kinds) < 2:
        return ()
    weights = {module: sum(fact.module == module for fact in context.every_fact) for module in kinds}
    order = sorted(kinds, key=lambda module: (-weights[module], module))
    return tuple(ServiceChoice(module, context.with_module(module).summary) for module in order)


def describe(tree: SourceTree, facts: tuple[Fact, ...]) -> ProjectContext:
    """The context of a project that was just read, with a sentence that sums it up."""
    skipped = (*read_manifests(tree).broken, *tree.skipped)
    context = ProjectContext(
        project=tree.name, facts=whole(facts), skipped=skipped, files_read=len(tree.texts), tree=tree, every_fact=facts, conflicts=find_conflicts(facts)
    )
    return replace(context, summary=_summary(context))


def _summary(context: ProjectContext) -> str:
    """One sentence: language, kind of service, framework, drivers, databases, queue, cache."""
    languages = [value.title() for value in context.values("language")]
    if not languages:
        others = [fact.value for fact in context.facts if fact.name == "other_ecosystem"]
        frameworks = [fact.value for fact in context.facts if fact.name == "other_framework"]
        with_them = f" ({_and(frameworks)})" if frameworks else ""
        return f"I see no Go or Rust code here{f', only {_and(others)}{with_them}' if others else ''}."
    service = _and(SERVICE_WORDS.get(value, value) for value in context.values("service_type")) if context.values("service_type") else "code base"
    parts = []
    for key, words in (
        ("web_framework", "on {}"),
        ("db_driver", "with {}"),
        ("databases", "for {}"),
        ("queue", "with {} as queue"),
        ("cache", "with {} as cache"),
    ):
        if values := context.values(key):
            parts.append(words.format(_and(values)))
    return f"I see a {_and(languages)} {service}{' ' + ', '.join(parts) if parts else ''}."


def _and(words: Iterable[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def parse_context(pairs: Mapping[str, object], catalogue: Catalogue, questions: Iterable[PackQuestion] = ()) -> dict[str, tuple[str, ...]]:
    """Context keys and values as the user or a file gives them, as catalogue ids; null says nothing. Raises UnknownContextValue that names the nearest ones."""
    fixed = {**FIXED_VALUES}
    for question in questions:
        fixed[question.id] = tuple(dict.fromkeys((*fixed.get(question.id, ()), *(option.id for option in question.options))))
    found = {}
    for key, given in pairs.items():
        if key not in CONTEXT_KEYS:
            raise UnknownContextValue(f"{key!r} is not a context key. The nearest are: {', '.join(nearest(key, CONTEXT_KEYS))}.")
        values = given if isinstance(given, list | tuple) else () if given is None else (given,)
        if values:
            found[key] = tuple(dict.fromkeys(_known_value(key, value, fixed.get(key), catalogue) for value in values))
    return found


def _known_value(key: str, value: object, fixed: tuple[str, ...] | None, catalogue: Catalogue) -> str:
    folded = " ".join(str(value).lower().split())
    found = WORDS.get(folded, folded) if fixed else catalogue.canonical(folded, key)
    if isinstance(value, str) and found and (not fixed or found in fixed):
        return found
    near = nearest(folded, fixed) if fixed else catalogue.nearest_of(folded, key)
    raise UnknownContextValue(f"{key}={value!r} is not known. The nearest values are: {', '.join(near)}.")
