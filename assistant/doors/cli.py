"""The command line, thin over the Assistant. In: arguments. Out: text for people, or the JSON of CONTRACT with --json; exit code 2 for a refusal."""

import dataclasses
import datetime
import json
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.markdown import Markdown
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from assistant.doors import cli_corpus, cli_eval, cli_inspect
from assistant.errors import GnomonError
from assistant.settings import Settings, read_settings

if TYPE_CHECKING:
    from assistant.assistant import Assistant
    from assistant.project.context import ProjectContext

REFUSED = 2
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A backend-design assistant that quotes vetted methodology and your own code.",
)
app.add_typer(cli_corpus.app, name="corpus")
app.command(name="eval")(cli_eval.evaluate_questions)
app.command(name="inspect")(cli_inspect.inspect_projects)
console = Console()
errors = Console(stderr=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")]
Batch = Annotated[str | None, typer.Option("--batch", metavar="FILE|-", help="Questions as JSON lines, from a file or standard input.")]
ContextPairs = Annotated[
    list[str] | None, typer.Option("--context", "-c", metavar="KEY=VALUE", help="What is known of the project, e.g. language=go. Repeatable.")
]


def main() -> None:
    """Run the command line; a refusal is one sentence on standard error and exit code 2."""
    try:
        app()
    except GnomonError as error:
        _refuse(error)


def _refuse(error: GnomonError) -> NoReturn:
    errors.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
    sys.exit(REFUSED)


def _assistant(settings: Settings | None = None) -> "Assistant":
    from assistant.startup import create_assistant  # seconds to import; `--help` and `schema` do without

    return create_assistant(settings or read_settings())


def _print_json(value: object) -> None:
    print(json.dumps(value, ensure_ascii=False, default=str), flush=True)


@app.command()
def serve(as_json: AsJson = False) -> None:
    """Open the page on GNOMON_HOST:GNOMON_PORT; builds the index first when it is missing or stale."""
    from assistant.doors.page.server import serve_page

    settings = read_settings()
    _build(settings, rebuild=False, quiet=as_json)
    assistant = _assistant(settings)
    address = f"http://{settings.host}:{settings.port}"
    if as_json:
        _print_json({"address": address})
    else:
        errors.print(f"Gnomon is on {address} (Ctrl+C stops it).", highlight=False)
    serve_page(assistant, settings)


@app.command()
def index(as_json: AsJson = False, rebuild: Annotated[bool, typer.Option("--rebuild", help="Build anew even when nothing changed.")] = False) -> None:
    """Build the search index, unless nothing changed since the last time."""
    started = time.perf_counter()
    report = _build(read_settings(), rebuild, quiet=as_json)
    seconds = round(time.perf_counter() - started, 2)
    if as_json:
        _print_json({"built": report.built, "passages": report.passages, "folder": report.folder, "seconds": seconds})
    else:
        console.print(
            f"{report.passages} passages, {'built' if report.built else 'unchanged'} in {seconds} s: {report.folder}", soft_wrap=True, highlight=False
        )


def _build(settings: Settings, rebuild: bool, quiet: bool = False) -> Any:
    from assistant.startup import prepare_index

    with _bar(quiet) as bar:
        task = bar.add_task("index", total=1.0)
        return prepare_index(settings, lambda stage, share: bar.update(task, description=stage, completed=share), rebuild)


def _bar(quiet: bool) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=errors, disable=quiet, transient=True)


@app.command()
def search(
    question: Annotated[str | None, typer.Argument(help="What to look for.")] = None,
    batch: Batch = None,
    context: ContextPairs = None,
    passage: Annotated[str | None, typer.Option("--passage", metavar="ID", help="Print one passage by its id instead.")] = None,
    as_json: AsJson = False,
) -> None:
    """Find passages: methodologies best first, passages with the reason each matched."""
    assistant = _assistant()
    if passage:
        _show_passage(assistant, passage, as_json)
    elif batch:
        _run_batch(assistant, batch, lambda row, turns, known: _search_row(assistant, row, turns, known))
    else:
        found = assistant.find(_needed(question), _conversation([]), assistant.read_context(_pairs(context)))
        if as_json:
            _print_json(found.to_json())
        else:
            _print_hits(found.to_json())


def _show_passage(assistant: "Assistant", passage_id: str, as_json: bool) -> None:
    found = assistant.passage(passage_id)
    if as_json:
        _print_json({"id": found.id, "methodology": found.methodology, "heading": found.heading, "kind": found.kind, "text": found.text})
    else:
        console.print(Markdown(f"## {found.heading}\n\n{found.text}"))


def _print_hits(found: Mapping[str, Any]) -> None:
    table = Table("passage", "score", "similarity", "words", "also", box=None)
    for row in found["passages"]:
        why = row["why"]
        also = [why["alias"] and "alias", *why["filters_met"]]
        table.add_row(row["id"], f"{row['score']:.2f}", f"{why['dense_similarity']:.2f}", ", ".join(why["words"][:6]), ", ".join(part for part in also if part))
    console.print(table)
    if found["abstain"]:
        console.print(f"An answer would be {'routed to ' + found['route'] if found['route'] else 'refused'}.", highlight=False)
    for note in found["notes"]:
        console.print(note, style="dim", highlight=False)


def _search_row(assistant: "Assistant", row: Mapping[str, Any], turns: list[str], known: "ProjectContext") -> dict[str, Any]:
    return assistant.find(turns[-1], _conversation(turns[:-1]), known).to_json(row.get("id"))


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question.")] = None,
    batch: Batch = None,
    context: ContextPairs = None,
    project: Annotated[Path | None, typer.Option("--project", metavar="PATH", help="An archive or a folder to read first.")] = None,
    adr: Annotated[bool, typer.Option("--adr", help="Print the answer to a design question as a decision record (MADR, Markdown).")] = False,
    replay: Annotated[str | None, typer.Option("--replay", metavar="FILE|-", help="Ask recorded answers (JSON lines) again and show what changed.")] = None,
    write: Annotated[bool, typer.Option("--write", help="Have the chat model of GNOMON_MODEL write the answer up from the passages, checked.")] = False,
    as_json: AsJson = False,
) -> None:
    """Answer a question with quotes and citations, for the project if one is given."""
    assistant = _assistant()
    known = assistant.open_project(project) if project else assistant.read_context({})
    for key, values in assistant.read_context(_pairs(context)).answers.items():
        known = known.with_answer(key, values)
    if replay:
        _replay(assistant, replay, known, as_json)
        return
    if adr:
        print(assistant.decision_record(_needed(question), _conversation([]), known, datetime.date.today().isoformat()))
        return
    if batch:
        _run_batch(assistant, batch, lambda row, turns, own: _answer_row(assistant, row, turns, _merged(known, own), write))
        return
    answer = _answer(assistant, _needed(question), [], known, write)
    if as_json:
        _print_json(answer.to_json())
    else:
        _print_answer(answer)


def _replay(assistant: "Assistant", path: str, known: "ProjectContext", as_json: bool) -> None:
    """Every recorded answer asked again; a bad line is reported by its number and the others run."""
    bad = 0
    for number, row in _batch_rows(path):
        try:
            found = assistant.replay(row, known)
        except GnomonError as error:
            errors.print(f"line {number}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            bad += 1
            continue
        if as_json:
            _print_json(found.to_json())
        else:
            _print_replay(found.to_json())
    if bad:
        sys.exit(REFUSED)


def _print_replay(found: Mapping[str, Any]) -> None:
    versions, statuses = found["corpus"], found["status"]
    console.print(f"{found['query']}: {'the same' if found['same'] else 'changed'}", markup=False, highlight=False)
    console.print(f"corpus {versions[0]} -> {versions[1]}, status {statuses[0]} -> {statuses[1]}", markup=False, highlight=False)
    for name, told in (("added", "cited now"), ("dropped", "no longer cited"), ("gone", "no longer in the corpus"), ("changed", "says it in other words now")):
        for passage in found[name]:
            console.print(f"{passage}: {told}", markup=False, highlight=False)
    if found["difference"]:
        console.print(found["difference"], markup=False, highlight=False)


def _answer(assistant: "Assistant", text: str, before: list[str], known: "ProjectContext", write: bool = False) -> Any:
    *_, answer = (assistant.write_up if write else assistant.ask)(text, _conversation(before), known)
    return answer


def _answer_row(assistant: "Assistant", row: Mapping[str, Any], turns: list[str], known: "ProjectContext", write: bool) -> dict[str, Any]:
    answer = _answer(assistant, turns[-1], turns[:-1], known, write)
    return dataclasses.replace(answer, id=row.get("id")).to_json()  # type: ignore[no-any-return]


def _merged(project: "ProjectContext", own: "ProjectContext") -> "ProjectContext":
    for key, values in own.answers.items():
        project = project.with_answer(key, values)
    return project


def _print_answer(answer: Any) -> None:
    console.print(Markdown(answer.body))
    if answer.sources:
        console.print()
    for source in answer.to_json()["sources"]:
        if "passage" in source:
            console.print(f"[{source['n']}] {source['passage']} ({source['strength']})", markup=False, highlight=False)
        else:
            console.print(f"[{source['n']}] {source['path']}:{source['line']}  {source['text']}", markup=False, highlight=False, soft_wrap=True)
    for note in answer.notes:
        console.print(note, style="dim", markup=False, highlight=False)


def _conversation(questions: list[str]) -> Any:
    from assistant.conversation import Conversation, Turn

    return Conversation(tuple(Turn(question) for question in questions))


def _needed(question: str | None) -> str:
    if question is None:
        raise GnomonError('No question was given. Write it in quotes after the command, or pass many with --batch FILE: gnomon ask "..."')
    return question


def _pairs(given: list[str] | None) -> dict[str, object]:
    pairs: dict[str, object] = {}
    for pair in given or []:
        key, sign, value = pair.partition("=")
        if not sign or not value:
            raise GnomonError(f"--context {pair!r} is not KEY=VALUE; write for example --context language=go")
        pairs[key.strip()] = [part.strip() for part in value.split(",")]
    return pairs


def _run_batch(assistant: "Assistant", batch: str, answer: Any) -> None:
    """One JSON object a line in, one out; a bad line is reported by its number and the others run."""
    bad = 0
    for number, row in _batch_rows(batch):
        try:
            turns, known, notes = _read_row(assistant, row)
            result = answer(row, turns, known)
        except GnomonError as error:
            errors.print(f"line {number}: {error}", style="red", markup=False, highlight=False, soft_wrap=True)
            bad += 1
            continue
        result["notes"] = [*result["notes"], *notes]
        _print_json(result)
    if bad:
        sys.exit(REFUSED)


def _batch_rows(batch: str) -> Iterator[tuple[int, object]]:
    """Line numbers and parsed lines; a line that is not JSON comes as the error that it makes."""
    lines: Iterable[str]
    try:
        lines = sys.stdin if batch == "-" else Path(batch).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise GnomonError(f"{batch} cannot be read: {error}. Give a file of JSON lines, or - for standard input.") from error
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield number, json.loads(line)
            except ValueError as error:
                yield number, error


def _read_row(assistant: "Assistant", row: object) -> tuple[list[str], "ProjectContext", list[str]]:
    """The turns, the context and notes on context values that are unknown (the line still runs). Raises GnomonError."""
    if not isinstance(row, Mapping):
        raise GnomonError(f"not a JSON object ({row}); a line reads {{'id': ..., 'question': ...}}.")
    turns = row.get("turns") if "turns" in row else [row.get("question")]
    if not isinstance(turns, list) or not turns or not all(isinstance(turn, str) for turn in turns):
        raise GnomonError("needs a 'question' text or 'turns', a list of texts.")
    context = row.get("context") or {}
    if not isinstance(context, Mapping):
        raise GnomonError("'context' has to be an object of keys and values.")
    answers: dict[str, tuple[str, ...]] = {}
    notes = []
    for key, value in context.items():
        try:
            answers |= assistant.read_context({key: value}).answers
        except GnomonError as error:
            notes.append(str(error))
    known = assistant.read_context({})
    for key, values in answers.items():
        known = known.with_answer(key, values)
    return turns, known, notes


@app.command()
def doctor(as_json: AsJson = False) -> None:
    """Check settings, weights, pack, data folder and index, and say how to mend what is wrong."""
    from assistant.startup import examine

    checks = examine(read_settings())
    for check in checks:
        if as_json:
            _print_json(dataclasses.asdict(check))
        else:
            console.print(f"{'ok  ' if check.ok else 'bad '} {check.name}: {check.detail}", highlight=False, markup=False, soft_wrap=True)
    if not all(check.ok for check in checks):
        sys.exit(REFUSED)


@app.command()
def schema(as_json: AsJson = False) -> None:
    """Print the JSON Schemas of everything that the doors print."""
    from assistant.startup import contract_schemas

    schemas = contract_schemas()
    if as_json:
        _print_json(schemas)
    else:
        print(json.dumps(schemas, indent=2))


if __name__ == "__main__":
    main()
