"""The generated map of the corpus, docs/corpus.md. In: methodologies. Out: Markdown that says who owns which fact, and the numbers."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from index.documents import Methodology

NUMBERS = ("<!-- numbers -->", "<!-- /numbers -->")


def render_corpus_page(documents: Iterable[Methodology], numbers: Mapping[str, int | Mapping[str, int]]) -> str:
    """The whole page, generated so that it cannot drift from the documents."""
    rows = sorted(documents, key=lambda document: (document.domain, document.id))
    parts = ["# The corpus: what it holds and who owns which fact", "Written by `gnomon corpus sync`; do not edit.", _numbers_table(numbers)]
    parts += ["## Documents", _documents_table(rows), "## Who owns which fact", OWNERSHIP, _facts_table(rows)]
    return "\n\n".join(parts) + "\n"


OWNERSHIP = "A fact lives in one document; the others link to it. The ids are the `owns` lists of the front matter, unique over the corpus."


def _numbers_table(numbers: Mapping[str, int | Mapping[str, int]]) -> str:
    rows = ["| what | how many |", "|---|---|"]
    for name, value in numbers.items():
        rows.append(f"| {name} | {value if isinstance(value, int) else ', '.join(f'{count} {key}' for key, count in value.items())} |")
    return "\n".join(rows)


def _documents_table(documents: list[Methodology]) -> str:
    rows = ["| document | decides | passages | sources | checked |", "|---|---|---|---|---|"]
    rows += [f"| `{one.id}` | {one.summary} | {len(one.sections)} | {len(one.references)} | {one.verified.date} |" for one in documents]
    return "\n".join(rows)


def _facts_table(documents: list[Methodology]) -> str:
    rows = ["| fact | owner |", "|---|---|"]
    return "\n".join(rows + [f"| {fact} | `{owner}` |" for fact, owner in sorted((fact, one.id) for one in documents for fact in one.owns)])


def render_readme_numbers(numbers: Mapping[str, int | Mapping[str, int]]) -> str:
    """One sentence for the README."""
    programs = numbers["programs"]
    assert isinstance(programs, Mapping)
    shown = ", ".join(f"{count} {name}" for name, count in programs.items())
    return f"{numbers['documents']} methodologies, {numbers['passages']} passages, {numbers['sources']} sources; behind their code stand {shown}."


def write_between_marks(path: Path, text: str) -> bool:
    """Replace what stands between the number marks of a file. Returns whether something changed."""
    old = path.read_text(encoding="utf-8")
    before, _, rest = old.partition(NUMBERS[0])
    _, _, after = rest.partition(NUMBERS[1])
    new = f"{before}{NUMBERS[0]}\n{text}\n{NUMBERS[1]}{after}"
    path.write_text(new, encoding="utf-8")
    return new != old
