"""The assistant: the two walks on one screen. Doors call it; everything else is behind it."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.answer.answer import REFERENCES, Answer
from assistant.answer.compose import Writer
from assistant.answer.design import decision_record
from assistant.answer.first_look import look_first
from assistant.answer.replay import Replay, check_recorded, compare_answers
from assistant.answer.reply import Library, design_answer, write_answer
from assistant.answer.retrieval import Retrieval, find_passages
from assistant.conversation import Conversation, check_question, standalone_question
from assistant.errors import ModelFailed, QuestionRefused
from assistant.project.archive import Limits, read_project
from assistant.project.catalogue import Catalogue
from assistant.project.comparison import carry_answers, compare_projects
from assistant.project.context import ProjectContext, ServiceChoice, describe, parse_context, service_choices
from assistant.project.discovery import DiscoveryQuestion, next_questions
from assistant.project.stack import detect_stack
from index.documents import Methodology
from index.pack import Pack
from index.passages import Passage
from index.search import Search

Progress = Callable[[str, float], None]  # a stage in words, and how much of the whole is done (0..1)
PIECE_CHARS = 400  # a quoted answer is ready at once; it is handed on in pieces so that doors can show it as it comes


@dataclass(frozen=True)
class Assistant:
    """Answers questions and reads projects; holds no state of any user."""

    pack_folder: Path
    pack: Pack
    documents: tuple[Methodology, ...]
    catalogue: Catalogue
    search: Search
    limits: Limits
    writer: Writer | None = None
    max_question_chars: int = 8_000

    def ask(self, text: str, conversation: Conversation, context: ProjectContext) -> Iterator[str | Answer]:
        """Yield pieces of the answer's text and then, last, the whole Answer. Raises QuestionRefused."""
        started = time.perf_counter()
        found = self.find(text, conversation, context)
        searched = time.perf_counter()
        answer = write_answer(found, self.library, context)
        timings = {"search": 1000 * (searched - started), "answer": 1000 * (time.perf_counter() - searched)}
        for at in range(0, len(answer.text), PIECE_CHARS):
            yield answer.text[at : at + PIECE_CHARS]
        yield replace(answer, timings_ms={name: round(spent, 1) for name, spent in timings.items()})

    def write_up(self, text: str, conversation: Conversation, context: ProjectContext) -> Iterator[str | Answer]:
        """Yield what the chat model writes and then, last, the Answer that holds after the check. Raises ModelFailed when no model is set."""
        if self.writer is None:
            raise ModelFailed("No chat model is set, so answers are quotes. Set GNOMON_MODEL=provider:name; gnomon doctor checks it.")
        *_, quoted = self.ask(text, conversation, context)
        assert isinstance(quoted, Answer)
        earlier = [turn.question for turn in conversation.turns]
        started = time.perf_counter()
        for piece in self.writer.stream(quoted, self.find(text, conversation, context), context, earlier):
            spent = round(1000 * (time.perf_counter() - started), 1)
            yield replace(piece, timings_ms={**piece.timings_ms, "model": spent}) if isinstance(piece, Answer) else piece

    def decision_record(self, text: str, conversation: Conversation, context: ProjectContext, date: str) -> str:
        """The recommendation for a design question as a MADR decision record (Markdown). Raises QuestionRefused when there is none to give."""
        found = self.find(text, conversation, context)
        designed = None if found.abstains or found.subject else design_answer(found, self.library, context)
        if designed is None:
            raise QuestionRefused("The corpus has no decisions near this, so there is nothing to record. Ask for a design: Design a service that ...")
        answer, design = designed
        rows = [row.removeprefix("- ") for row in answer.text.split(REFERENCES, 1)[-1].strip().splitlines()]
        return decision_record(design, rows, self.corpus, date)

    def replay(self, recorded: object, context: ProjectContext) -> Replay:
        """An answer that `to_json` gave, asked again under the same filters. Raises QuestionRefused for anything else."""
        row = check_recorded(recorded)
        for key, values in parse_context(row.get("filters") or {}, self.catalogue, self.pack.questions).items():
            context = context.with_answer(key, values)
        *_, now = self.ask(row["query"], Conversation(), context)
        assert isinstance(now, Answer)
        return compare_answers(row, now, self.search.passages)

    def find(self, text: str, conversation: Conversation, context: ProjectContext) -> Retrieval:
        """The passages that may answer the question, with the verdict whether they do. Raises QuestionRefused."""
        text, notes = check_question(text, self.max_question_chars)
        found = find_passages(self.search, self.pack, standalone_question(text, conversation), context.filters())
        return replace(found, notes=(*notes, *found.notes))

    def open_project(self, path: Path, progress: Progress | None = None) -> ProjectContext:
        """Read an archive or a folder into a context with evidence. Raises ProjectRefused."""
        tree = read_project(path, self.limits, progress)
        return replace(describe(tree, detect_stack(tree, self.catalogue)), tree=tree)

    def second_upload(self, before: ProjectContext, after: ProjectContext) -> tuple[ProjectContext, tuple[str, ...]]:
        """The new context with what the user said about the old one, and what changed, in sentences; untouched when it is another project."""
        if before.project is None or before.project != after.project:
            return after, ()
        carried = carry_answers(before, after)
        return carried, compare_projects(before, carried)

    def services(self, context: ProjectContext) -> tuple[ServiceChoice, ...]:
        """The services of a monorepo to choose from; empty when there are not at least two."""
        return service_choices(context)

    def read_context(self, pairs: Mapping[str, object]) -> ProjectContext:
        """A context from `key: value` pairs. Raises UnknownContextValue that names the nearest ones."""
        return ProjectContext(answers=parse_context(pairs, self.catalogue, self.pack.questions))

    def next_questions(self, context: ProjectContext) -> tuple[DiscoveryQuestion, ...]:
        """The discovery questions that nothing settles yet."""
        return next_questions(context, self.pack)

    def first_look(self, context: ProjectContext) -> Answer:
        """What is seen in the project and the methodologies to look at first, each with why, cited."""
        return look_first(context, self.documents, self.corpus)

    def samples(self) -> tuple[Path, ...]:
        """The folders of the pack's sample projects."""
        return tuple(sorted(path for path in (self.pack_folder / "samples").glob("*") if path.is_dir()))

    def methodologies(self) -> tuple[Methodology, ...]:
        """Every document of the pack, for reading."""
        return self.documents

    def passage(self, passage_id: str) -> Passage:
        """One passage by its id. Raises QuestionRefused for an id that does not exist."""
        try:
            return self.search.passages[passage_id]
        except KeyError:
            raise QuestionRefused(f"There is no passage {passage_id!r}. gnomon search prints the ids that fit a question.") from None

    def warm_up(self) -> None:
        """Load what the first question would load, so that it is as quick as the second."""
        self.find("warm-up questoin", Conversation(), ProjectContext())

    @property
    def library(self) -> Library:
        """What answers are made from."""
        return Library(self.search, self.catalogue, self.corpus)

    @property
    def corpus(self) -> dict[str, str]:
        """Which pack answers, and its version."""
        return {"pack": self.pack.id, "version": self.pack.version}
