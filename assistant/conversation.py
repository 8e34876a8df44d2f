"""The turns of a conversation, and a follow-up turned into a question that stands alone."""

from dataclasses import dataclass

from assistant.answer.answer import Answer


@dataclass(frozen=True)
class Turn:
    """One question of the user and what was answered; `answer` is None when only the question is known."""

    question: str
    answer: Answer | None = None


@dataclass(frozen=True)
class Conversation:
    """The turns so far, oldest first."""

    turns: tuple[Turn, ...] = ()

    def with_turn(self, question: str, answer: Answer) -> "Conversation":
        """A new conversation that ends with this turn."""
        return Conversation((*self.turns, Turn(question, answer)))
