"""Which discovery questions remain. In: a ProjectContext and the pack's questions. Out: only what no evidence settles, with the reason."""

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.project.context import FACT_NAMES, ProjectContext
from assistant.project.facts import Fact
from index.pack import Pack, PackQuestion

VALUE_WORDS = {
    "http-api": "an HTTP server", "grpc-service": "a gRPC server", "worker": "a consumer", "cli": "a command-line tool", "library": "a library",
    "tcp-server": "a TCP server", "go": "Go", "rust": "Rust",
}  # fmt: skip
OBSERVABLE = ("primary_languages", "service_types")  # what code can show, as load cannot
MOST_NAMED = 3


@dataclass(frozen=True)
class Option:
    """One answer to choose: `id` is the context value."""

    id: str
    label: str
    description: str


@dataclass(frozen=True)
class DiscoveryQuestion:
    """A question still open: `id` is the context key it settles, `reason` says why it is asked for this project."""

    id: str
    header: str
    text: str
    reason: str
    options: tuple[Option, ...]


def next_questions(context: ProjectContext, pack: Pack) -> tuple[DiscoveryQuestion, ...]:
    """The pack's questions that neither an answer nor one clear value in the evidence settles."""
    return tuple(_asked(question, context) for question in pack.questions if not _is_settled(question, context))


def _is_settled(question: PackQuestion, context: ProjectContext) -> bool:
    return question.id in context.answers or any(len(context.values(key)) == 1 for key in question.settled_by)


def _asked(question: PackQuestion, context: ProjectContext) -> DiscoveryQuestion:
    options = tuple(Option(option.id, option.label, option.description) for option in question.options)
    return DiscoveryQuestion(question.id, question.header, question.question, _reason(question, context), options)


def _reason(question: PackQuestion, context: ProjectContext) -> str:
    """Why it is asked: what was found that leaves it open, or that nothing was."""
    if context.project is None:
        return question.reason
    name = FACT_NAMES.get(question.id, question.id)
    found = [fact for fact in context.facts if fact.name == name and fact.value in context.values(question.id)]
    if len(found) > 1:
        both = "both " if len(found) == 2 else ""
        return f"I ask because I found {both}{_and(_shown(fact, context) for fact in found[:MOST_NAMED])}. {question.reason}"
    seen = _and(_in_words(value, context) for value in context.values("service_type"))
    if name in OBSERVABLE or not seen:
        return f"I ask because nothing in {context.project} shows it{_instead(context)}. {question.reason}"
    return f"I ask because I found {seen}. {question.reason}"


def _shown(fact: Fact, context: ProjectContext) -> str:
    """`a kafka consumer (events/consumer.go:31)`: the value in words and where it was seen."""
    place = f"{fact.evidence.path}:{fact.evidence.line}" if fact.evidence.line else fact.evidence.path
    return f"{_in_words(fact.value, context)} ({place})"


def _in_words(value: str, context: ProjectContext) -> str:
    queues = context.values("queue")
    return f"a {queues[0]} consumer" if value == "worker" and queues else VALUE_WORDS.get(value, value)


def _instead(context: ProjectContext) -> str:
    """What was seen in its place."""
    others = [fact.value for fact in context.facts if fact.name == "other_ecosystem"]
    return f"; I only saw {_and(others)}" if others and not context.values("language") else ""


def _and(words: Iterable[str]) -> str:
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last
