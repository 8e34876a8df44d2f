"""`gnomon eval`: figures on labelled questions. In: question files, or a TREC collection. Out: tables for people or JSON."""

import dataclasses
import json
from collections.abc import Collection, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from assistant.errors import GnomonError
from assistant.settings import PROJECT_ROOT, Settings, read_settings

if TYPE_CHECKING:
    from assistant.answer.answer import Answer
    from assistant.answer_evaluation import AnswerCase
    from assistant.assistant import Assistant
    from assistant.evaluation import Evaluation, LabelledQuestion


class Other(StrEnum):
    """What to compare with."""

    DENSE = "dense"
    BM25 = "bm25"
    RRF = "rrf"
    BASELINE = "baseline"


HEADER = ("n", "nDCG@10", "recall@5", "hit@1", "MRR")
console = Console()


def evaluate_questions(
    files: Annotated[list[Path] | None, typer.Argument(help="Files of labelled questions; by default the project's own.")] = None,
    compare: Annotated[
        list[Other] | None, typer.Option(help="Also measure: dense, bm25, rrf (other fusions), baseline (LangChain's usual chain). Repeatable.")
    ] = None,
    save: Annotated[bool, typer.Option("--save", help="Keep this run; later runs print the paired difference to it.")] = False,
    trec: Annotated[tuple[Path, Path, Path] | None, typer.Option(metavar="DOCS QUERIES QRELS", help="Measure the engine on a TREC collection instead.")] = None,
    answers: Annotated[bool, typer.Option("--answers", help="Measure whole answers on cases of facts that they must hold, instead of search.")] = False,
    page: Annotated[Path | None, typer.Option("--page", metavar="FILE", help="With --answers: write quoted and written answers side by side as HTML.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Measure search on labelled questions: figures with 95 % intervals by document, kind and language, refusals, and the misses."""
    settings = read_settings()
    if answers:
        _print_answers(_measure_answers(settings, files, page), as_json)
        return
    found = _measure_trec(settings, trec) if trec else _measure(settings, files, compare or [], save)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    elif trec:
        _print_rows("TREC collection", found["rows"])
    else:
        _print_figures(found)


def _measure_answers(settings: Settings, files: list[Path] | None, page: Path | None) -> dict[str, Any]:
    from assistant.answer_evaluation import answer_figures, measure_answers, read_cases, side_by_side
    from assistant.startup import create_assistant

    assistant = create_assistant(settings)
    cases = read_cases(files or sorted((PROJECT_ROOT / "tests" / "answers").glob("cases*.jsonl")))
    outcomes = measure_answers(cases, lambda case: ask_case(assistant, case), assistant.search.passages, assistant.search.embedder)
    if page:
        written = [ask_case(assistant, outcome.case, write=True) if assistant.writer else None for outcome in outcomes]
        page.write_text(side_by_side(list(zip(outcomes, written, strict=True))), encoding="utf-8")
    return answer_figures(outcomes)


def ask_case(assistant: "Assistant", case: "AnswerCase", write: bool = False) -> "Answer":
    """The answer to a case, with its sample project opened and its turns before it."""
    from assistant.conversation import Conversation, Turn

    sample = next((path for path in assistant.samples() if path.name == case.project), None)
    if case.project and sample is None:
        raise GnomonError(f"{case.id} asks about the sample {case.project!r}, and the pack has none of that name.")
    known = assistant.open_project(sample) if sample else assistant.read_context({})
    for key, values in assistant.read_context(case.context).answers.items():
        known = known.with_answer(key, values)
    conversation = Conversation(tuple(Turn(turn) for turn in case.turns[:-1]))
    *_, answer = (assistant.write_up if write else assistant.ask)(case.turns[-1], conversation, known)
    return answer  # type: ignore[return-value]


def _print_answers(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
        return
    table = Table("answers", *found["overall"], box=None)
    for name, row in {"all": found["overall"], **found["by_kind"]}.items():
        table.add_row(name, *(str(value) if isinstance(value, int) else f"{value:.3f}" for value in row.values()))
    console.print(table)
    for miss in found["misses"]:
        told = [*(f"not cited {name}" for name in miss["best"]), *(f"missed {fact!r}" for fact in miss["missed"]), *miss["forbidden"], *miss["broken"]]
        console.print(f"{miss['id']} {miss['question']}: {'; '.join(told)}; got {', '.join(miss['got'])}", style="dim", highlight=False, markup=False)


def _measure_trec(settings: Settings, paths: tuple[Path, Path, Path]) -> dict[str, Any]:
    from assistant.evaluation import mean_of
    from assistant.startup import create_embedder
    from assistant.trec import rank_documents, read_trec, score_collection, search_collection
    from index.fusion import convex, reciprocal_rank

    collection = read_trec(*paths)
    with search_collection(collection, create_embedder(settings), settings.dense_weight, lambda _stage, _share: None) as search:
        ways = {"fused": search, "dense": search.fused_by(convex(1.0)), "bm25": search.fused_by(convex(0.0)), "rrf": search.fused_by(reciprocal_rank)}
        scored = {name: score_collection(collection, lambda query, way=way: rank_documents(way, query)) for name, way in ways.items()}  # type: ignore[misc]
    return {"rows": {name: mean_of(rows.values()) for name, rows in scored.items()}}


def _measure(settings: Settings, files: list[Path] | None, others: list[Other], save: bool) -> dict[str, Any]:
    from assistant.evaluation import compare_runs, mean_of, read_questions
    from assistant.startup import create_assistant

    questions = read_questions(files or sorted((PROJECT_ROOT / "tests" / "relevance" / "questions").glob("*.jsonl")))
    assistant = create_assistant(settings)
    run = _evaluate(assistant, questions)
    found, scores = run.to_json(), run.scores()
    for name in others:
        rows = _scores_of(assistant, questions, name)
        found.setdefault("compared", {})[name] = {**mean_of(rows.values()), "difference": compare_runs(scores, rows)}
    if (saved := _read_saved(settings)) is not None:
        found["since_saved"] = compare_runs(scores, saved)
    if save:
        _saved_path(settings).parent.mkdir(parents=True, exist_ok=True)
        _saved_path(settings).write_text(json.dumps(scores), encoding="utf-8")
    return found


def _evaluate(assistant: "Assistant", questions: "Collection[LabelledQuestion]") -> "Evaluation":
    from assistant.conversation import Conversation, Turn
    from assistant.evaluation import evaluate

    return evaluate(
        questions,
        lambda question: assistant.find(
            question.turns[-1], Conversation(tuple(Turn(turn) for turn in question.turns[:-1])), assistant.read_context(question.context)
        ),
        [document.id for document in assistant.methodologies()],
    )


def _scores_of(assistant: "Assistant", questions: "Collection[LabelledQuestion]", other: Other) -> dict[str, dict[str, float]]:
    from assistant.baseline import build_baseline
    from assistant.evaluation import score_rankings
    from index.fusion import convex, reciprocal_rank

    documents = assistant.methodologies()
    if other is Other.BASELINE:
        texts = [(document.id, (assistant.pack_folder / document.path).read_text(encoding="utf-8")) for document in documents]
        return score_rankings(questions, build_baseline(texts, assistant.search.embedder), [document.id for document in documents])
    fuse = {Other.DENSE: convex(1.0), Other.BM25: convex(0.0), Other.RRF: reciprocal_rank}[other]
    return _evaluate(dataclasses.replace(assistant, search=assistant.search.fused_by(fuse)), questions).scores()


def _saved_path(settings: Settings) -> Path:
    return settings.data_dir / "evaluation" / "saved.json"


def _read_saved(settings: Settings) -> dict[str, dict[str, float]] | None:
    path = _saved_path(settings)
    try:
        return json.loads(path.read_text(encoding="utf-8"))  # type: ignore[no-any-return]
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise GnomonError(f"{path} cannot be read ({error}). Delete it, or save a run anew with gnomon eval --save.") from error


def _print_figures(found: Mapping[str, Any]) -> None:
    console.print(f"{found['ranked']} of {found['questions']} questions have their document in this pack.", highlight=False)
    _print_rows("overall", {"all": found["overall"]})
    console.print("95 %: " + ", ".join(f"{name} {low:.3f} to {high:.3f}" for name, (low, high) in found["intervals"].items()), highlight=False)
    for title in ("by_document", "by_kind", "by_language"):
        _print_rows(title.replace("_", " "), found[title])
    console.print(f"pairs with both halves right: {found['pairs']:.3f}", highlight=False)
    console.print("abstention: " + ", ".join(f"{name} {value:.3f}" for name, value in found["abstention"].items()), highlight=False)
    if "compared" in found:
        _print_rows("compared with", found["compared"])
        for name, row in found["compared"].items():
            _print_difference(f"ours less {name}", row["difference"])
    if "since_saved" in found:
        _print_difference("since the saved run", found["since_saved"])
    for miss in found["misses"]:
        console.print(f"miss {miss['id']}: wanted {miss['wanted']}, got {miss['got']}", style="dim", highlight=False, markup=False)


def _print_rows(title: str, rows: Mapping[str, Mapping[str, float]]) -> None:
    table = Table(title, *HEADER, box=None)
    for name, row in rows.items():
        table.add_row(name, str(row["n"]), *(f"{row[metric]:.3f}" for metric in ("ndcg@10", "recall@5", "hit@1", "mrr")))
    console.print(table)


def _print_difference(title: str, difference: Mapping[str, Mapping[str, float]]) -> None:
    parts = [f"{name} {row['mean']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})" for name, row in difference.items()]
    console.print(f"{title}: " + ", ".join(parts), highlight=False)
