"""Questions about the upload itself ("which driver do we use?", "where is main?"). In: a question; facts and tree. Out: Markdown with [R] marks.

`project_subject` says whether a question is one of these; `tell_about_project` answers it from facts and lines, never from a model.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from assistant.answer.citations import ProjectMarks, first_fact, shown_place
from assistant.answer.for_project import name_of, shown_technology, words_of
from assistant.project.catalogue import Catalogue
from assistant.project.context import SERVICE_WORDS, ProjectContext
from assistant.project.facts import Evidence, Fact
from assistant.project.source_tree import SourceTree, escaped_name

MOST_PLACES = 5
LONGEST_QUESTION_WORDS = 14
LONGEST_PLACE_WORDS = 9
UPLOAD_FIRST = (
    "I have not seen your project. Upload its zip (or give --project PATH on the command line) and I answer that from your own files, with path and line."
)
UPLOAD_AGAIN = "The files of this project are no longer in memory; upload it again and I can look."


@dataclass(frozen=True)
class Subject:
    """What is asked about the project: `facts` by name, a technology that may be in use (`uses`), or the place of something (`where`)."""

    label: str
    facts: tuple[str, ...] = ()
    uses: str = ""
    where: str = ""


LABELS = {
    "primary_languages": "language", "web_framework": "web framework", "async_runtime": "async runtime", "db_driver": "driver", "databases": "database",
    "queue": "queue", "cache": "cache",
}  # fmt: skip
# What people call the things that are detected, and the facts that answer it. The first row that matches wins.
SUBJECTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (r"(?:database |db |sql )?(?:drivers?|orms?|clients? librar\w+)|(?:database|db) (?:client|library|layer|access)", "database driver", ("db_driver",)),
    (r"(?:web |http |rest )?(?:framework|router|web server|http server)s?", "web framework", ("web_framework",)),
    (r"(?:message |job |task )?(?:queues?|brokers?|message bus|event bus|messaging)", "queue", ("queue",)),
    (r"cach(?:e|es|ing)(?: layer| store)?", "cache", ("cache",)),
    (r"(?:async )?(?:runtimes?|executor)", "async runtime", ("async_runtime",)),
    (r"(?:go|golang) version|version of (?:go|golang)\b|toolchain version", "Go version", ("go_version",)),
    (r"(?:rust )?editions?(?: of rust)?|rust version|version of rust", "Rust edition", ("rust_edition",)),
    (r"(?:databases?|data ?stores?|db|rdbms|storage)", "database", ("databases",)),
    (r"(?:log|logging|logger)s?(?: library| framework| package)?", "logging", ("logging",)),
    (r"metrics?(?: library)?|monitoring", "metrics", ("metrics",)),
    (r"(?:programming )?languages?|written in", "language", ("primary_languages",)),
    (r"(?:kind|type|sort) of (?:service|project|application|app|program)", "kind of service", ("service_types",)),
    (r"grpc(?: service| server)?", "gRPC", ("grpc",)),
    (r"(?:project |folder |directory |code )?(?:layout|structure)", "layout", ("layout",)),
    (r"ci(?:/cd)?(?: pipeline)?|continuous integration|pipelines?", "continuous integration", ("ci",)),
    (r"docker ?(?:file|files|image|compose)?|containers?", "Docker", ("docker",)),
    (r"(?:unit |integration )?tests?", "tests", ("tests",)),
    (r"(?:tech(?:nology)? )?stack|(?:technologies|tools|dependencies|libraries)", "stack", tuple(LABELS)),
)  # fmt: skip
FILES = {"migrations": re.compile(r"(?:^|/)migrations?/|(?:^|/)\d+_\w+\.(?:up\.|down\.)?sql$", re.IGNORECASE)}
OWN = r"(?:we|our|us|my|i|this (?:project|repo(?:sitory)?|service|code ?base|app|code)|the (?:project|repo(?:sitory)?|upload|code ?base|service)|here)"
NOT_FACTUAL = re.compile(
    r"\b(?:should|could|would|ought|better|best|recommend\w*|need|needs|how|why|when|instead|good|bad|right|wrong|safe|enough|if|or|vs|than|without)\b", re.I
)
_THING = "|".join(f"(?:{words})" for words, _, _ in SUBJECTS)
_SO, _ANY, _WORDS = r"\W*(?:so |and |ok,? )*", r"(?:an?y?\s+|some\s+)?", r"(?P<thing>[\w/.+#-]+(?: [\w/.+#-]+)?)"
ASKED = (
    re.compile(rf"^{_SO}(?:which|what|what's)\b(?: kind of| sort of)?\s+(?:is |are )?(?:the |our |my )?(?P<thing>{_THING})\b(?P<rest>.*)$", re.I),
    re.compile(
        rf"^{_SO}(?:do|does|are|is)\s+(?:{OWN}|it)\s+(?:have|use|using|contain|ship|rely on|run|got)\s+{_ANY}{_WORDS}\W*(?P<rest>.*)$", re.I
    ),
    re.compile(rf"^\W*(?:is|are) there\s+{_ANY}(?P<thing>migrations?|{_THING})\b(?P<rest>.*)$", re.I),
    re.compile(rf"^\W*(?:what|which) (?:is|are) (?:{OWN}) (?P<thing>written in|stack)\b(?P<rest>.*)$", re.I),
)  # fmt: skip
VERSION_OF = re.compile(rf"^\W*(?:which|what)(?:'s| is)?(?: the)? version of (?P<thing>[\w/.+-]+)(?: (?:do|does|are|is) {OWN}\b.*)?\W*$", re.IGNORECASE)
WHICH_VERSION = re.compile(rf"^\W*(?:which|what) (?P<thing>[\w/.+-]+) version (?:do|does|are|is) {OWN}\b", re.IGNORECASE)
WHERE = re.compile(
    r"^\W*(?:so |and )*where(?:'s| is| are| do we (?:define|have|keep|start|set up))?\s+(?:the |our |my )?(?P<thing>[\w/.:-]+(?: [\w/.:-]+){0,3}?)"
    r"(?: (?:defined|declared|located|function|struct|type|live|lives|file|files|kept|package|implemented|start|starts|in (?:this|the|our) \w+))*\W*$",
    re.IGNORECASE,
)
# Words that are answered by how files are called rather than by a definition of that name.
ENTRY_POINT = re.compile(r"^(?:main|(?:the )?entry ?-?point|main function|main\.go|main\.rs|program)$", re.IGNORECASE)
MAIN = re.compile(r"^\s*(?:pub )?(?:async )?(?:func|fn) main\(\)", re.MULTILINE)
NOT_THINGS = frozenset(("it", "that", "this", "they", "we", "to", "i", "you", "one", "he", "she", "a", "an", "the", "in", "at", "on", "best"))


def project_subject(question: str) -> Subject | None:
    """What a question asks about the user's own project; None when it asks for advice or about anything else."""
    text = " ".join(question.split())
    if len(text.split()) > LONGEST_QUESTION_WORDS or NOT_FACTUAL.search(text):
        return None
    if found := VERSION_OF.match(text) or WHICH_VERSION.match(text):
        thing = _known(found["thing"] + " version") or _known(f"version of {found['thing']}")
        return thing or Subject(found["thing"], uses=found["thing"])
    return _asked_thing(text) or _asked_place(text)


def _asked_thing(text: str) -> Subject | None:
    for at, pattern in enumerate(ASKED):
        if not (found := pattern.match(text)):
            continue
        thing, rest = found["thing"].strip(), found["rest"]
        is_own = re.search(rf"\b{OWN}\b", text, re.IGNORECASE) or re.match(r"^\s*(?:is|are|do|does) (?:that|this|it)\b", rest, re.IGNORECASE)
        if not is_own and not (at == 2 and not rest.strip(" ?.!")):
            return None
        if len(re.findall(r"\w+", rest)) > 5 or (at == 1 and re.match(r"to\b", thing)):
            return None
        thing = re.sub(r"\s+(?:here|yet|now|at all|already|in|for)$", "", thing)
        if name := next((name for name in FILES if name.startswith(thing.lower().rstrip("s"))), None):
            return Subject(name, where=name)
        return _known(thing) or (Subject(thing, uses=thing) if at == 1 and thing.lower() not in NOT_THINGS else None)
    return None


def _asked_place(text: str) -> Subject | None:
    found = WHERE.match(text)
    if (
        not found
        or len(text.split()) > LONGEST_PLACE_WORDS
        or found["thing"].lower() in NOT_THINGS
        or found["thing"].split()[0].lower() in ("to", "do", "does", "should")
    ):
        return None
    return Subject(found["thing"], where=found["thing"])


def _known(thing: str) -> Subject | None:
    return next((Subject(label, facts) for words, label, facts in SUBJECTS if re.fullmatch(words, thing, re.IGNORECASE)), None)


def tell_about_project(subject: Subject, context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> str:
    """The answer from facts, paths and lines of the project, each with its [R] mark."""
    if not context.facts and context.tree is None:
        return UPLOAD_FIRST
    if subject.facts:
        return _tell_facts(subject, context, catalogue, marks)
    if subject.uses:
        return _tell_use(subject.uses, context, catalogue, marks)
    return _tell_place(subject.where, context, marks)


def _tell_facts(subject: Subject, context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> str:
    found = [fact for name in subject.facts for fact in _distinct(context.facts, name)]
    if not found:
        return f"I see no {subject.label} in this project: none of the {context.files_read:,} files that I read shows one.{_left_out(context)}"
    if len(subject.facts) > 1:
        rows = [f"- {LABELS.get(fact.name, fact.name)}: {_told(fact, catalogue)} {marks.of(fact.evidence)}" for fact in found]
        return "What I see in this project:\n\n" + "\n".join(rows)
    if found[0].value == "yes":
        places = [f"{shown_place(marks.source(fact.evidence))} {marks.of(fact.evidence)}" for fact in found[:3]]
        return f"Yes: {subject.label}, for example {_and(places)}." + _count(subject.label, context)
    told = [f"{_told(fact, catalogue)} {marks.of(fact.evidence)}{_hedge(fact)}" for fact in found]
    return f"Your {subject.label}: {_and(told)}."


def _distinct(facts: Iterable[Fact], name: str) -> list[Fact]:
    """One fact a value; for yes-and-no facts one a place."""
    kept: dict[object, Fact] = {}
    for fact in facts:
        if fact.name == name and fact.certainty != "possible":
            kept.setdefault(fact.evidence.path if fact.value == "yes" else fact.value, fact)
    return list(kept.values())


def _told(fact: Fact, catalogue: Catalogue) -> str:
    if fact.name in ("go_version", "rust_edition", "layout", "grpc"):
        return f"**{fact.value}**"
    return f"**{SERVICE_WORDS.get(fact.value) or (fact.value.title() if fact.name == 'primary_languages' else shown_technology(fact, catalogue))}**"


def _hedge(fact: Fact) -> str:
    return "" if fact.certainty == "certain" else " (likely, not certain)"


def _count(label: str, context: ProjectContext) -> str:
    paths = context.tree.paths if context.tree else ()
    tests = [path for path in paths if re.search(r"_test\.go$|(?:^|/)tests/.*\.rs$", path)]
    return f" {len(tests)} test file{'s' * (len(tests) != 1)} by name." if label == "tests" and tests else ""


def _left_out(context: ProjectContext) -> str:
    count = len(context.skipped)
    return (
        f" {count:,} member{'s' * (count != 1)} of the upload {'was' if count == 1 else 'were'} not read; the project card lists what and why." if count else ""
    )


def _tell_use(thing: str, context: ProjectContext, catalogue: Catalogue, marks: ProjectMarks) -> str:
    """Whether a technology is in use: by a fact, else by a line of a manifest."""
    rows = [row for row in catalogue.technologies if thing.lower() in {word.lower() for word in words_of(catalogue, row.id)}]
    for row in rows:
        for kind in (row.kind, *row.also):
            if fact := first_fact(context.facts, kind, row.id):
                return f"Yes: {_told(fact, catalogue)} {marks.of(fact.evidence)}{_hedge(fact)}."
    wanted = [re.escape(dep) for row in rows for deps in row.deps.values() for dep in deps] or [re.escape(thing)]
    lines = _lines(context.tree, re.compile(rf"(?<![\w]){'|'.join(wanted)}(?![\w])", re.IGNORECASE), lambda path: path.endswith(("go.mod", "Cargo.toml")))
    name = name_of(catalogue, rows[0].id) if rows else thing
    if lines:
        return f"Yes: **{_plain(name)}** is declared {_and([marks.of(line) for line in lines[:MOST_PLACES]])}."
    return f"No: I see no {_plain(name)} among the declared dependencies and the {context.files_read:,} files that I read.{_left_out(context)}"


def _tell_place(thing: str, context: ProjectContext, marks: ProjectMarks) -> str:
    """Where something is: the entry point, files by name, or the definition of a name."""
    if context.tree is None:
        return UPLOAD_AGAIN
    if ENTRY_POINT.match(thing):
        return (
            _listed("The program starts at", _lines(context.tree, MAIN, lambda path: path.endswith((".go", ".rs"))), marks)
            or "I see no `main` in this project."
        )
    if pattern := FILES.get(thing):
        paths = [Evidence(path, None, path) for path in context.tree.paths if pattern.search(path)]
        told = f"Yes, {len(paths)} file{'s' * (len(paths) != 1)}. You have {thing} at"
        return _listed(told, paths, marks) or f"I see no {thing}: no folder and no file of the upload is called so."
    found = _definitions(context.tree, thing) or _named_files(context.tree, thing)
    return _listed(f"`{_plain(thing)}` is at", found, marks) or f"I see nothing called `{_plain(thing)}` among the {context.files_read:,} files that I read."


def _listed(opening: str, places: list[Evidence], marks: ProjectMarks) -> str:
    if not places:
        return ""
    rows = [f"- {shown_place(marks.source(place))} {marks.of(place)}" for place in places[:MOST_PLACES]]
    more = f"\n\nand {len(places) - MOST_PLACES} more." if len(places) > MOST_PLACES else ""
    return f"{opening}:\n\n" + "\n".join(rows) + more


def _definitions(tree: SourceTree, thing: str) -> list[Evidence]:
    name = re.escape(re.split(r"\.|::", thing)[-1].removesuffix("()"))
    pattern = re.compile(
        rf"^\s*(?:pub(?:\([^)]*\))? )?(?:async )?(?:func(?: \([^)]*\))?|fn|type|struct|enum|trait|const|static|mod|var"
        rf"|CREATE TABLE(?: IF NOT EXISTS)?) {name}\b",
        re.I | re.M,
    )
    return _lines(tree, pattern, lambda path: path.endswith((".go", ".rs", ".sql")))


def _named_files(tree: SourceTree, thing: str) -> list[Evidence]:
    """Files or folders that are called so: `config`, `Dockerfile`, `handlers`."""
    words = re.escape(thing.lower().replace(" ", "").rstrip("s"))
    pattern = re.compile(rf"(?:^|/){words}s?(?:uration)?(?:\.[\w.]+)?(?:/|$)", re.IGNORECASE)
    return [Evidence(path, None, path) for path in tree.paths if pattern.search(path)]


def _lines(tree: SourceTree | None, pattern: re.Pattern[str], wanted: Callable[[str], bool]) -> list[Evidence]:
    found = []
    for path, text in tree.texts.items() if tree else ():
        if wanted(path):
            for match in pattern.finditer(text):
                number = text.count("\n", 0, match.start() + len(match[0]) - len(match[0].lstrip())) + 1
                found.append(Evidence(path, number, text.splitlines()[number - 1].strip()))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[`*\[\]<>]", "", escaped_name(text))


def _and(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
