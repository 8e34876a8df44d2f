"""Answers written by a model and checked before they stand. In: a quoted answer, what was found, a model. Out: deltas, then the Answer that holds.

The quoted answer is there already; the written one takes its place only when its sentences are borne out by the passages that the model was given.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from assistant.answer.answer import Answer, Quote, Source
from assistant.answer.citations import renumber, with_references
from assistant.answer.grounding import Grounds, Verdict
from assistant.answer.prompt import build_prompt
from assistant.answer.retrieval import Retrieval
from assistant.answer.shape import shape_of
from assistant.chat_models import ChatModel
from assistant.errors import ModelFailed
from assistant.project.context import ProjectContext
from index.embedders import Embedder
from index.passages import Passage
from index.prose import split_blocks, split_sentences

Unsupported = Literal["remove", "mark"]

LEAST_SUPPORTED = 0.6  # share of the written sentences that has to have a source for the text to replace the quotes
NO_ANSWER = "The passages do not answer this."
MARKED = "*(no source found)*"
OWN_CODE = "*written by the model, not from the corpus*"
UNFINISHED = "**What the model had written, unfinished and unchecked:**"
MARKUP = re.compile(r"<[A-Za-z/!?][^>]*>|!\[[^\]]*\]\([^)]*\)|\[([^\]]+)\]\([^)]*\)|\[[MR]?\d+\]")


@dataclass(frozen=True)
class Checked:
    """A written text after the check: with marks, its sources, and how many of its sentences have one."""

    text: str
    sources: tuple[Source, ...]
    supported: int
    sentences: int

    @property
    def holds(self) -> bool:
        """Whether the text may take the place of the quotes."""
        return bool(self.supported) and self.supported >= LEAST_SUPPORTED * self.sentences


@dataclass(frozen=True)
class Writer:
    """What writes: a model, and what its sentences are checked with. `passages` are the whole corpus by id."""

    model: ChatModel
    embedder: Embedder
    passages: Mapping[str, Passage]
    unsupported: Unsupported = "remove"

    def stream(self, quoted: Answer, found: Retrieval, context: ProjectContext, earlier: Sequence[str]) -> Iterator[str | Answer]:
        """Yield what the model writes (empty pieces while it is silent) and then, last, the Answer: written when it holds, quoted with a note when not."""
        if not any(isinstance(source, Source) for source in quoted.sources):
            yield replace(quoted, notes=(*quoted.notes, "There are no passages to write from, so this stays as it is."))
            return
        task = "design" if shape_of(found.scope.query) == "design" else "write_up"
        messages, given = build_prompt(task, found.scope.query, self._given(quoted, found), context, earlier, self.model.limits)
        written = ""
        try:
            for piece in self.model.stream(messages):
                written += piece
                yield piece
        except ModelFailed as error:
            yield _keep_partial(quoted, written, str(error), self.passages)
            return
        checked = check_written(written, given, self.embedder, self.unsupported)
        yield _replaced(quoted, checked, self.model.name, self.passages, given) if checked.holds else _kept(quoted, written, checked)

    def _given(self, quoted: Answer, found: Retrieval) -> list[Passage]:
        """The quoted passages first, then the next best."""
        cited = [source.passage for source in quoted.sources if isinstance(source, Source)]
        return [self.passages[name] for name in dict.fromkeys([*cited, *(hit.passage.id for hit in found.hits)])]


def check_written(written: str, passages: Sequence[Passage], embedder: Embedder, unsupported: Unsupported) -> Checked:
    """Give each sentence its best source; those without one are removed or marked. Code is the corpus's own or is said to be the model's."""
    grounds = Grounds(passages, embedder)
    numbers = {passage.id: f"M{at}" for at, passage in enumerate(passages, 1)}
    parts: list[str] = []
    used: list[str] = []
    supported = total = 0
    for block in split_blocks(written):
        raw = written[block.start : block.end]
        if block.type == "code":
            parts.append(_checked_code(raw, passages, numbers, used))
            continue
        clean = MARKUP.sub(lambda found: found[1] or "", raw)
        sentences = [sentence for sentence in split_sentences(clean) if any(char.isalnum() for char in sentence.text)]
        verdicts = grounds.judge([sentence.text for sentence in sentences])
        said = [_checked_sentence(sentence.text, verdict, numbers, unsupported) for sentence, verdict in zip(sentences, verdicts, strict=True)]
        used += [verdict.passage for verdict in verdicts if verdict.is_supported]
        supported += sum(verdict.is_supported for verdict in verdicts)
        total += len(verdicts)
        if kept := " ".join(text for text in said if text):
            parts.append(f"- {kept}" if block.type == "item" else kept)
    text = re.sub(r"(?m)^(- .*)\n\n(?=- )", r"\1\n", "\n\n".join(parts))
    sources = tuple(_source(passage, numbers[passage.id], text) for passage in passages if passage.id in used)
    return Checked(text, sources, supported, total)


def _checked_sentence(text: str, verdict: Verdict, numbers: dict[str, str], unsupported: Unsupported) -> str:
    if verdict.is_supported:
        return f"{text} [{numbers[verdict.passage]}]"
    return f"{text} {MARKED}" if unsupported == "mark" else ""


def _checked_code(raw: str, passages: Sequence[Passage], numbers: dict[str, str], used: list[str]) -> str:
    """A block of code with its source when its lines stand in a passage, in order and without a gap; else it is said to be the model's own."""
    body = _squeezed("\n".join(line for line in raw.splitlines() if not line.strip().startswith(("```", "~~~"))))
    for passage in passages:
        if body and any(body in _squeezed(code.code) for code in passage.code_blocks()):
            used.append(passage.id)
            return f"*from the corpus* [{numbers[passage.id]}]\n{raw}"
    return f"{OWN_CODE}\n{raw}"


def _squeezed(code: str) -> str:
    return "\n".join(" ".join(line.split()) for line in code.splitlines() if line.strip())


def _source(passage: Passage, number: str, text: str) -> Source:
    """A passage that bears sentences out; sentences of it that stand word for word in the text are its quotes."""
    quotes = tuple(Quote(sentence.text, sentence.start, sentence.end) for sentence in split_sentences(passage.text) if sentence.text in text)
    return Source(number, passage.id, passage.methodology, passage.heading, "strong", quotes)


def _replaced(quoted: Answer, checked: Checked, model: str, passages: Mapping[str, Passage], given: Sequence[Passage]) -> Answer:
    text, sources = renumber(checked.text, checked.sources)
    left_out = checked.sentences - checked.supported
    note = f"Written by {model} from the passages; {checked.supported} of {checked.sentences} sentences have a source" + (
        f", {left_out} without one {'was' if left_out == 1 else 'were'} {'marked' if MARKED in text else 'removed'}." if left_out else "."
    )
    return replace(
        quoted,
        text=with_references(text, sources, passages),
        sources=sources,
        mode="written",
        notes=(*quoted.notes, note),
        unused=tuple(passage.id for passage in given if passage.id not in {source.passage for source in sources if isinstance(source, Source)}),
    )


def _kept(quoted: Answer, written: str, checked: Checked) -> Answer:
    if NO_ANSWER in written:
        note = "The model found no answer in the passages, so the quotes stand."
    else:
        note = f"What the model wrote was not kept: {checked.supported} of {checked.sentences} sentences are borne out by the passages. The quotes stand."
    return replace(quoted, notes=(*quoted.notes, note))


def _keep_partial(quoted: Answer, written: str, reason: str, passages: Mapping[str, Passage]) -> Answer:
    """The quotes, and below them what the model had written before it failed, marked as such."""
    notes = (*quoted.notes, f"{reason} The quotes stand.")
    if not written.strip():
        return replace(quoted, notes=notes)
    partial = "\n".join(f"> {line}" for line in MARKUP.sub(lambda each: each[1] or "", written).strip().splitlines())
    text = f"{quoted.body}\n\n{UNFINISHED}\n\n{partial}"
    return replace(quoted, text=with_references(text, quoted.sources, passages), notes=notes)
