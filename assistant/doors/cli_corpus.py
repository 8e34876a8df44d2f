"""`gnomon corpus`: for authors of methodologies. In: ids of documents. Out: problems with file and line, documents with their code, the generated pages."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.errors import GnomonError
from assistant.settings import PROJECT_ROOT, read_settings
from index.authoring import Problem, check_pack, new_methodology, summarise
from index.code_regions import sync_document
from index.corpus_page import render_corpus_page, render_readme_numbers, write_between_marks
from index.documents import Methodology, load_methodologies
from index.errors import CorpusError
from index.pack import load_pack

app = typer.Typer(no_args_is_help=True, help="Write and check methodologies.")
Ids = Annotated[list[str] | None, typer.Argument(metavar="ID...", help="Documents; without ids all of them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]


@app.command()
def new(name: Annotated[str, typer.Argument(metavar="ID")], domain: Annotated[str, typer.Option(help="The folder: a domain of pack.yaml.")]) -> None:
    """Write the skeleton of a new methodology."""
    pack = read_settings().pack
    domains = load_pack(pack).domains
    if domain not in domains:
        raise GnomonError(f"{domain!r} is not a domain of this pack; take one of: {', '.join(domains)}.")
    typer.echo(new_methodology(pack, name, domain))


@app.command()
def sync(ids: Ids = None) -> None:
    """Write code regions into the documents' blocks, then docs/corpus.md and the README's numbers."""
    pack, failed = read_settings().pack, False
    for path in _paths(pack, ids):
        try:
            typer.echo(f"{path.stem}: {sync_document(path, pack)} blocks written")
        except CorpusError as error:
            typer.echo(str(error), err=True)
            failed = True
    if failed:
        sys.exit(2)
    _write_pages(pack)


def _write_pages(pack: Path) -> None:
    if not pack.is_relative_to(PROJECT_ROOT):
        return  # another team's pack; the pages are of ours
    for path, text in generated_pages(load_methodologies(pack), pack).items():
        if path.name == "README.md":
            write_between_marks(path, text)
        else:
            path.write_text(text, encoding="utf-8")


def generated_pages(documents: list[Methodology], pack: Path) -> dict[Path, str]:
    """The pages that are written from the corpus, by path; of the README only what stands between its marks."""
    numbers = {name: value for name, value in summarise(documents, [], pack).items() if name not in ("warnings", "errors")}
    return {PROJECT_ROOT / "docs" / "corpus.md": render_corpus_page(documents, numbers), PROJECT_ROOT / "README.md": render_readme_numbers(numbers)}


@app.command()
def check(ids: Ids = None, as_json: AsJson = False) -> None:
    """Run every gate and name what to mend by file and line; exit code 1 when there is an error."""
    pack = read_settings().pack
    _paths(pack, ids)
    documents, problems = check_pack(pack)
    if ids:
        documents = [document for document in documents if document.id in ids]
        problems = [problem for problem in problems if Path(problem.path).stem in ids]
    _print_check(documents, problems, pack, as_json)
    if any(not problem.warning for problem in problems):
        sys.exit(1)


def _print_check(documents: list[Methodology], problems: list[Problem], pack: Path, as_json: bool) -> None:
    numbers = summarise(documents, problems, pack)
    if as_json:
        typer.echo(json.dumps({"problems": [str(problem) for problem in problems], "numbers": numbers}, ensure_ascii=False))
        return
    for problem in problems:
        typer.echo(problem)
    for name, value in numbers.items():
        typer.echo(f"{name}: {value if isinstance(value, int) else ', '.join(f'{count} {key}' for key, count in value.items())}")


def _paths(pack: Path, ids: list[str] | None) -> list[Path]:
    """The files of these documents. Raises GnomonError for an unknown id."""
    paths = {path.stem: path for path in sorted((pack / "methodologies").glob("*/*.md"))}
    for name in ids or []:
        if name not in paths:
            raise GnomonError(f"There is no methodology {name!r} in {pack.name}; gnomon corpus new {name} --domain ... begins one.")
    return [paths[name] for name in (ids or paths)]
