"""The turns of a conversation, and a follow-up turned into a question that stands alone. In: turns and new text. Out: a StandaloneQuestion."""

import re
import unicodedata
from dataclasses import dataclass

from assistant.answer.answer import Answer
from assistant.answer.language import named_language, without_other_language
from assistant.errors import QuestionRefused


@dataclass(frozen=True)
class Turn:
    """One question of the user and what was answered; `answer` is None when only the question is known."""

    question: str
    answer: Answer | None = None


@dataclass(frozen=True)
class Conversation:
    """The turns so far, oldest first."""

    turns: tuple[Turn, ...] = ()

    def with_turn(self, question: str, answer: Answer | None = None) -> "Conversation":
        """A new conversation that ends with this turn."""
        return Conversation((*self.turns, Turn(question, answer)))


@dataclass(frozen=True)
class StandaloneQuestion:
    """What is searched. `language` is the one that the question names or inherits; `wants_code` when code was asked for."""

    text: str
    language: str | None = None
    follows_up: bool = False
    wants_code: bool = False


SWITCH = re.compile(
    r"^\s*(?:unrelated|other thing|(?:an)?other (?:question|topic|subject)|different (?:question|topic|subject|thing)|new (?:question|topic)|something else|"
    r"changing the subject|completely different|by the way|btw)\b[^\w]*(?:but\b)?\s*",
    re.IGNORECASE,
)
OPENS_FOLLOW_UP = re.compile(
    r"^\s*(?:and|but|so|or|then|ok(?:ay)?[, ]|what about|how about|what if|why|same|now the same|the same|now in|in (?:go|rust)\b|explain|show"
    r"|example|for example|i mean|no,|instead|also|which (?:one|of)|the (?:first|second|third|last|middle|former|latter))\b",
    re.IGNORECASE,
)
POINTS_BACK = re.compile(
    r"\b(?:it|that|this|they|them|those|these|one|instead|same|above"
    r"|the (?:first|second|third|last|middle|former|latter|other)(?: (?:one|option|variant|approach|way))?)\b",
    re.IGNORECASE,
)
PRONOUN = re.compile(r"\b(?:it|they|them)\b", re.IGNORECASE)
WANTS_CODE = re.compile(r"\b(?:code|example|snippet|sample|show me)\b", re.IGNORECASE)
NO_CONTENT = re.compile(r"^\W*(?:clear|ok(?:ay)?|thanks?(?: you)?|thx|got it|i see|yes|no|fine|good|great|right|makes sense|nice|cool)\W*$", re.IGNORECASE)
ORDINALS = {"first": 0, "former": 0, "second": 1, "middle": 1, "third": 2, "latter": -1, "last": -1}
LONG_ENOUGH = 9  # words: a question of this length usually says what it is about


def standalone_question(text: str, conversation: Conversation) -> StandaloneQuestion:
    """Rewrite `text` so that it can be searched without the turns before it.

    A follow-up takes the last subject along; a topic switch drops it. Rules only, no model.
    """
    subject = _last_subject(conversation)
    wants_code = bool(WANTS_CODE.search(text))
    switched = SWITCH.match(text)
    if switched or subject is None or not _follows_up(text):
        alone = text[switched.end() :] if switched and len(text) > switched.end() else text
        return StandaloneQuestion(alone.strip(), named_language(alone), wants_code=wants_code)
    named = named_language(text)
    before = without_other_language(subject.text, named) if named else subject.text
    return StandaloneQuestion(f"{_with_option(before, text)} {_new_words(text)}".strip(), named or subject.language, follows_up=True, wants_code=wants_code)


def _last_subject(conversation: Conversation) -> StandaloneQuestion | None:
    """The last thing that was asked about, itself made to stand alone."""
    turns = [turn for turn in conversation.turns if not NO_CONTENT.match(turn.question)]
    if not turns:
        return None
    return standalone_question(turns[-1].question, Conversation(tuple(turns[:-1])))


def _follows_up(text: str) -> bool:
    words = len(text.split())
    if OPENS_FOLLOW_UP.match(text) and words < 2 * LONG_ENOUGH:
        return True
    if PRONOUN.search(text) and words < 1.5 * LONG_ENOUGH:
        return True
    return words < LONG_ENOUGH and bool(POINTS_BACK.search(text) or words <= 2)


def _with_option(subject: str, text: str) -> str:
    """When `text` names an option by its place ("the middle one"), the subject with that option said again."""
    place = re.search(r"\b(first|former|second|middle|third|latter|last)\b", text, re.IGNORECASE)
    if not place or not re.search(r",|\bor\b", subject):
        return subject
    options = [found.strip() for found in re.split(r",\s*(?:or\s+)?|\bor\b|\?", subject) if found.strip()]
    at = ORDINALS[place[1].lower()]
    return f"{options[at]}: {subject}" if -1 <= at < len(options) and len(options) > 1 else subject


def _new_words(text: str) -> str:
    """The follow-up without the words that only point back."""
    text = re.sub(r"^\s*(?:and|but|so|now|ok(?:ay)?|then)\b[, ]*", "", text, flags=re.IGNORECASE)
    return re.sub(r"\b(?:the same|same)\b\s*", "", text).strip(" ?") + ("?" if text.rstrip().endswith("?") else "")


def check_question(text: str, max_chars: int) -> tuple[str, tuple[str, ...]]:
    """The text that can be searched, and a note when a part was left out. Raises QuestionRefused when nothing is asked."""
    clean = "".join(char for char in text if char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Cn")).strip()
    if not clean:
        raise QuestionRefused("There is no question in that. Type one, for example: How do I stop a slow client from holding a connection?")
    if len(clean) > max_chars:
        return clean[:max_chars], (f"The question has {len(clean):,} characters; the first {max_chars:,} were searched.",)
    return clean, ()
