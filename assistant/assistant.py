"""The assistant: the two walks on one screen. Doors call it; everything else is behind it."""

from collections.abc import Callable, Iterator
from pathlib import Path

from assistant.answer.answer import Answer
from assistant.conversation import Conversation
from assistant.project.context import ProjectContext
from assistant.project.discovery import DiscoveryQuestion
from index.documents import Methodology
from index.passages import Passage

Progress = Callable[[str, float], None]  # a stage in words, and how much of the whole is done (0..1)


class Assistant:
    """Answers questions and reads projects; holds no state of any user."""

    def ask(self, text: str, conversation: Conversation, context: ProjectContext) -> Iterator[str | Answer]:
        """Yield pieces of the answer's text and then, last, the whole Answer."""
        raise NotImplementedError

    def open_project(self, path: Path, progress: Progress | None = None) -> ProjectContext:
        """Read an archive or a folder into a context with evidence. Raises ProjectRefused."""
        raise NotImplementedError

    def next_questions(self, context: ProjectContext) -> tuple[DiscoveryQuestion, ...]:
        """The discovery questions that nothing settles yet."""
        raise NotImplementedError

    def first_look(self, context: ProjectContext) -> Answer:
        """What is seen in the project and three to five methodologies to look at first, each with why, cited."""
        raise NotImplementedError

    def samples(self) -> tuple[Path, ...]:
        """The folders of the pack's sample projects."""
        raise NotImplementedError

    def methodologies(self) -> tuple[Methodology, ...]:
        """Every document of the pack, for reading."""
        raise NotImplementedError

    def passage(self, passage_id: str) -> Passage:
        """One passage by its id. Raises QuestionRefused for an id that does not exist."""
        raise NotImplementedError
