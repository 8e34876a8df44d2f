"""Which discovery questions remain. In: a ProjectContext and the pack's questions. Out: only what no evidence settles, with the reason."""

from dataclasses import dataclass

from assistant.project.context import FACT_NAMES, ProjectContext
from assistant.project.stack import Fact
from index.pack import Pack, PackQuestion


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
    name = FACT_NAMES.get(question.id, question.id)
    found = [fact for fact in context.facts if fact.name == name]
    if len(found) > 1:
        return f"I ask because I found {' and '.join(_shown(fact) for fact in found[:3])}. {question.reason}"
    return question.reason


def _shown(fact: Fact) -> str:
    place = f"{fact.evidence.path}:{fact.evidence.line}" if fact.evidence.line else fact.evidence.path
    return f"{fact.value} ({place})"
