"""`gnomon inspect`. In: archives or folders. Out: a card for people, or the JSON of CONTRACT; many at once with -j, in the order they were given."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console, Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from assistant.settings import read_settings

REFUSED = 2
MOST_OF_A_NAME = 12  # rows of one fact on the card; --json has all
MOST_SKIPPED = 8
CERTAINTY_STYLE = {"certain": "", "likely": "yellow", "possible": "dim"}
HEADINGS = ("primary_languages", "service_types", "web_framework", "async_runtime", "db_driver", "databases", "queue", "cache", "grpc")
console = Console()
errors = Console(stderr=True)


def inspect_projects(
    paths: Annotated[list[Path], typer.Argument(help="Archives or folders.")],
    workers: Annotated[int, typer.Option("-j", "--workers", min=1, max=64, metavar="N", help="How many to read at once, each in a process of its own.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, one object a line.")] = False,
) -> None:
    """Show what a repository is built with, each fact with the file and line that prove it."""
    refused = 0
    for report in _reports(paths, min(workers, len(paths))):
        refused += "error" in report
        if as_json:
            print(json.dumps(report, ensure_ascii=False, default=str), flush=True)
        elif "error" in report:
            errors.print(str(report["error"]), style="red", markup=False, highlight=False, soft_wrap=True)
        else:
            console.print(report_card(report))
    if refused:
        sys.exit(REFUSED)


def _reports(paths: list[Path], workers: int) -> Iterator[Mapping[str, Any]]:
    """The reports in the order of the paths, each as soon as it and those before it are ready."""
    if workers < 2:
        yield from map(_inspect, paths)
        return
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_inspect, paths)


def _inspect(path: Path) -> Mapping[str, Any]:
    report: Mapping[str, Any] = _inspector().inspect(path)
    return report


@cache
def _inspector() -> Any:
    """One for each process: it reads the catalogue once."""
    from assistant.startup import create_inspector

    return create_inspector(read_settings())


def report_card(report: Mapping[str, Any]) -> RenderableType:
    """The report for people: a sentence, the facts with their proof, what contradicts, what was left out, what is still to ask."""
    parts: list[RenderableType] = [Text(str(report["summary"]), style="bold"), _facts(report["evidence"])]
    if report["modules"]:
        parts += [Text("\nModules", style="bold"), _modules(report["modules"])]
    parts += _lines("Contradictions", report["conflicts"])
    skipped = [f"{item['path']}: {item['reason']}" for item in report["skipped"]]
    parts += _lines(
        "Left out", [*skipped[:MOST_SKIPPED], *([f"and {len(skipped) - MOST_SKIPPED} more; --json lists them"] if len(skipped) > MOST_SKIPPED else [])]
    )
    parts += _lines("To ask", [f"{asked['header']}. {asked['reason']}" for asked in report["questions"]])
    return Panel(Group(*parts), title=Text(str(report["archive"])), subtitle=f"{report['seconds']:.2f} s", title_align="left", subtitle_align="right")


def _facts(evidence: Mapping[str, list[Mapping[str, Any]]]) -> Table:
    table = Table("fact", "value", "version", "certainty", "proof", box=None, header_style="dim")
    for name in sorted(evidence, key=lambda name: (HEADINGS.index(name) if name in HEADINGS else len(HEADINGS), name)):
        rows = evidence[name]
        for number, row in enumerate(rows[:MOST_OF_A_NAME]):
            place = f"{row['path']}:{row['line']}" if row["line"] else str(row["path"])
            label = name.replace("_", " ") if number == 0 else ""
            table.add_row(
                label, Text(str(row["value"])), Text(str(row["version"] or "")), row["certainty"], Text(place), style=CERTAINTY_STYLE[row["certainty"]]
            )
        if len(rows) > MOST_OF_A_NAME:
            table.add_row("", f"and {len(rows) - MOST_OF_A_NAME} more", style="dim")
    return table


def _modules(modules: Iterable[Mapping[str, Any]]) -> Table:
    table = Table("manifest", "name", "starts", "built with", box=None, header_style="dim")
    for module in modules:
        built_with = [value for key in ("web_framework", "db_driver", "queue", "cache") for value in module[key]]
        table.add_row(Text(str(module["path"])), Text(str(module["module"])), ", ".join(module["service_types"]), ", ".join(built_with))
    return table


def _lines(heading: str, lines: Iterable[str]) -> list[RenderableType]:
    found = [Text(f"  {line}") for line in lines]
    return [Text(f"\n{heading}", style="bold"), *found] if found else []
