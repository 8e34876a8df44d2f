"""Measure whole answers on cases. In: case files (JSON lines). Out: figures, the misses, and a page that shows answers side by side for a person to judge.

A case is {id, kind, question | turns, context, project, best, must, must_say, must_not}: of the passages or documents in `best` one has to be cited, `must` are
facts that the answer has to hold in whatever words (by the grounding score), `must_say` its literal words, `must_not` patterns that may stand nowhere.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any

from assistant.answer.answer import Answer, Source
from assistant.answer.citations import MARK, broken_citations
from assistant.answer.grounding import Grounds
from assistant.errors import GnomonError
from index.embedders import Embedder
from index.passages import Passage
from index.prose import split_sentences

COVERED = 0.60  # a fact in other words than the answer's; below the score that a written sentence needs, since an answer may say it in two sentences
LONG_WORDS = 400
FEWEST_WORDS = 3  # less is a mark or a path, no sentence


@dataclass(frozen=True)
class AnswerCase:
    """One case; `project` names a sample project that is opened first."""

    id: str
    kind: str
    turns: tuple[str, ...]
    context: Mapping[str, object] = field(default_factory=dict)
    project: str = ""
    best: tuple[str, ...] = ()
    must: tuple[str, ...] = ()
    must_say: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class AnswerOutcome:
    """How one answer did: `covered` of its facts, what it said that it must not, what is broken in its citations."""

    case: AnswerCase
    answer: Answer
    best_cited: bool
    covered: int
    facts: int
    missed: tuple[str, ...]
    forbidden: tuple[str, ...]
    broken: tuple[str, ...]
    words: int
    words_per_sentence: float
    repeated: int

    @property
    def is_clean(self) -> bool:
        """Whether nothing is missing and nothing is wrong."""
        return self.best_cited and not (self.missed or self.forbidden or self.broken or self.repeated)


def read_cases(paths: Sequence[Path]) -> list[AnswerCase]:
    """Every case of the files. Raises GnomonError with file and line."""
    found = []
    for path in paths:
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.strip():
                found.append(_read_case(path, number, line))
    return found


def _read_case(path: Path, number: int, line: str) -> AnswerCase:
    try:
        row = json.loads(line)
        lists = {name: tuple(row.get(name, ())) for name in ("best", "must", "must_say", "must_not")}
        for pattern in lists["must_not"]:
            re.compile(pattern)
        turns = tuple(row.get("turns") or [row["question"]])
        return AnswerCase(id=row["id"], kind=row["kind"], turns=turns, context=row.get("context", {}), project=row.get("project", ""), **lists)
    except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
        raise GnomonError(f"{path.name}:{number}: not a case ({error}); see tests/answers/cases.jsonl for the form.") from error


def judge_answer(case: AnswerCase, answer: Answer, passages: Mapping[str, Passage], embedder: Embedder) -> AnswerOutcome:
    """Score one answer against its case."""
    body = answer.body
    cited = [source for source in answer.sources if isinstance(source, Source)]
    said = {source.passage for source in cited} | {source.methodology for source in cited}
    missed = [*_missed_facts(case.must, body, embedder), *(words for words in case.must_say if words not in body)]
    prose = [text for sentence in split_sentences(body) if len((text := MARK.sub("", sentence.text).strip()).split()) >= FEWEST_WORDS]
    return AnswerOutcome(
        case,
        answer,
        best_cited=not case.best or any(name in said for name in case.best),
        covered=len(case.must) + len(case.must_say) - len(missed),
        facts=len(case.must) + len(case.must_say),
        missed=tuple(missed),
        forbidden=tuple(pattern for pattern in case.must_not if re.search(pattern, body)),
        broken=tuple(broken_citations(answer, passages)),
        words=len(body.split()),
        words_per_sentence=fmean(len(text.split()) for text in prose) if prose else 0.0,
        repeated=len(prose) - len(set(prose)),
    )


def _missed_facts(facts: Sequence[str], body: str, embedder: Embedder) -> list[str]:
    if not facts:
        return []
    shown = Passage("answer#text", "answer", "", "", "", body)
    verdicts = Grounds([shown], embedder).judge(facts)
    return [fact for fact, verdict in zip(facts, verdicts, strict=True) if verdict.score < COVERED or verdict.reason in ("number", "negation")]


def measure_answers(
    cases: Iterable[AnswerCase], ask: Callable[[AnswerCase], Answer], passages: Mapping[str, Passage], embedder: Embedder
) -> list[AnswerOutcome]:
    """Ask every case and score the answers."""
    return [judge_answer(case, ask(case), passages, embedder) for case in cases]


def answer_figures(outcomes: Sequence[AnswerOutcome]) -> dict[str, Any]:
    """The figures as `gnomon eval --answers --json` prints them."""
    kinds: dict[str, list[AnswerOutcome]] = defaultdict(list)
    for outcome in outcomes:
        kinds[outcome.case.kind].append(outcome)
    return {
        "overall": _figures(outcomes),
        "by_kind": {kind: _figures(found) for kind, found in kinds.items()},
        "misses": [
            {
                "id": outcome.case.id,
                "question": outcome.case.turns[-1],
                "best": [] if outcome.best_cited else list(outcome.case.best),
                "got": [source.passage for source in outcome.answer.sources if isinstance(source, Source)],
                "missed": list(outcome.missed),
                "forbidden": list(outcome.forbidden),
                "broken": list(outcome.broken),
            }
            for outcome in outcomes
            if not outcome.is_clean
        ],
    }


def _figures(outcomes: Sequence[AnswerOutcome]) -> dict[str, float]:
    with_best = [outcome for outcome in outcomes if outcome.case.best]
    return {
        "n": len(outcomes),
        "answered": _share(outcome.answer.status in ("answered", "partial") for outcome in outcomes),
        "quotes exact": _share(not outcome.broken for outcome in outcomes),
        "best cited": _share(outcome.best_cited for outcome in with_best),
        "facts covered": sum(outcome.covered for outcome in outcomes) / max(1, sum(outcome.facts for outcome in outcomes)),
        "must not": sum(bool(outcome.forbidden) for outcome in outcomes),
        "words": fmean(outcome.words for outcome in outcomes),
        "too long": _share(outcome.words > LONG_WORDS for outcome in outcomes),
        "words a sentence": fmean(outcome.words_per_sentence for outcome in outcomes),
        "repeated": sum(outcome.repeated for outcome in outcomes),
    }


def _share(flags: Iterable[bool]) -> float:
    found = list(flags)
    return sum(found) / len(found) if found else 1.0


def side_by_side(rows: Sequence[tuple[AnswerOutcome, Answer | None]]) -> str:
    """An HTML page: each question with the quoted answer and, beside it, the written one; everything escaped."""
    cells = "\n".join(_row(outcome, written) for outcome, written in rows)
    return f"{PAGE_HEAD}<table><tr><th>Question</th><th>Quoted</th><th>Written</th></tr>\n{cells}\n</table>\n"


PAGE_HEAD = """<!doctype html><meta charset="utf-8"><title>Answers side by side</title>
<style>body{font:14px/1.45 system-ui;margin:1rem}table{border-collapse:collapse;width:100%;table-layout:fixed}td,th{border:1px solid #bbb;padding:.5rem;
vertical-align:top;text-align:left}td{white-space:pre-wrap;overflow-wrap:anywhere}th:first-child{width:20%}.bad{color:#a00}</style>
<h1>Answers side by side</h1>
"""


def _row(outcome: AnswerOutcome, written: Answer | None) -> str:
    problems = [*(f"missed: {fact}" for fact in outcome.missed), *outcome.forbidden, *outcome.broken]
    if not outcome.best_cited:
        problems.append(f"not cited: {', '.join(outcome.case.best)}")
    told = "".join(f'\n<span class="bad">{html.escape(problem)}</span>' for problem in problems)
    question = html.escape("\n".join(outcome.case.turns))
    second = "" if written is None else html.escape(written.text + "\n\n" + "\n".join(written.notes))
    return f"<tr><td><b>{html.escape(outcome.case.id)}</b>\n{question}{told}</td><td>{html.escape(outcome.answer.text)}</td><td>{second}</td></tr>"
