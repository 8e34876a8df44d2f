"""What is not ours to answer, decided without a model. In: a question and the pack. Out: a Scope: the part to search, a route, or a refusal."""

import re
from dataclasses import dataclass

from assistant.answer.language import implied_language, named_language
from index.pack import Pack, RelatedPack

INSTRUCTION = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:instruction|guideline|rule|prompt|polic|restriction|previous|above)\w*"
    r"|\b(?:reveal|print|show|repeat|output|leak|reply (?:only )?with)\b[^.!?\n]{0,40}"
    r"\b(?:system prompt|hidden prompt|your (?:prompt|instructions|configuration|rules|system message))"
    r"|\byou are now\b|\bact as (?:an?|the)\b[^.!?\n]{0,40}\b(?:unrestricted|jailbroken|DAN)\b|^\s*(?:SYSTEM|ASSISTANT)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
LABELLED = re.compile(r"\b(?:SYSTEM|ASSISTANT|INSTRUCTIONS?)\s*:[^'\"\n.!?]*[.!?]?")  # an instruction inside quoted material
PEOPLE = r"(?:colleagues?|users?|people|customers?|person|team ?mates?)"
OTHERS = re.compile(
    r"\b(?:questions?|conversations?|chats?|uploads?|prompts?|history)\b[^.!?]{0,40}\b(?:of|from|by|that)\s+(?:(?:my|the|your|other|another|all)\s+)*"
    + PEOPLE
    + r"\b"
    r"|\b(?:colleagues?|(?:other|another) (?:users?|people|person)|others)\b[^.!?]{0,30}\b(?:ask(?:ed)?|upload(?:ed)?|typed)\b[^.!?]{0,20}\byou\b",
    re.IGNORECASE,
)
SMALL_TALK = re.compile(
    r"^\W*(?:hi|hello|hey|thanks?|thank you|good (?:morning|evening|day)|how are you|who are you|what can you do|what are you|help)\b[^?.!]{0,30}[?.!]*\W*$",
    re.IGNORECASE,
)
REPOSITORY = re.compile(
    r"(?:https?://|git@|ssh://git@)?(?:www\.)?(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|git\.sr\.ht)[/:][\w.~-]+/[\w.-]+[^\s)>\"']*",
    re.IGNORECASE,
)
MOST_WORDS_BESIDE_ADDRESS = 7
DROP_THE_ZIP = (
    "I open no addresses; nothing here leaves this machine. Download the repository as a zip (on most hosts: Code, then Download ZIP) and drop it here, "
    "or on the command line: gnomon ask --project PATH."
)
FEWEST_WORDS_LEFT = 4  # what is left of a question after its injected part has to be a question still

Refusal = str


@dataclass(frozen=True)
class Scope:
    """`query` is what may be searched; `route` the related pack it belongs to; `refusal` a sentence when it is not answered at all."""

    query: str
    route: RelatedPack | None = None
    refusal: Refusal = ""
    notes: tuple[str, ...] = ()


def judge_scope(question: str, pack: Pack) -> Scope:
    """Sort out what is not a question for this pack; everything else is searched."""
    if SMALL_TALK.match(question):
        return Scope(
            question, refusal=f"I answer questions about {pack.title.lower()}: handlers, queries, caches, queues, errors. Ask one, or upload a repository."
        )
    if is_repository_address(question):
        return Scope(question, refusal=DROP_THE_ZIP)
    if OTHERS.search(question):
        return Scope(question, refusal="Questions and uploads of other people are never shown; I hold only this conversation. Ask about your own backend.")
    if route := find_route(question, pack):
        return Scope(question, route=route)
    return _without_instructions(question)


def is_instruction(text: str) -> bool:
    """Whether a text gives orders to a language model; such a sentence of a document is not quoted."""
    return bool(INSTRUCTION.search(text))


def is_repository_address(question: str) -> bool:
    """Whether the question is little more than the address of a repository; an import path inside code is none."""
    found = REPOSITORY.search(question)
    if not found or "\n" in question.strip() or "go get" in question or "import" in question:
        return False
    beside = len(re.findall(r"\w+", question[: found.start()] + question[found.end() :]))
    return beside == 0 or (beside <= MOST_WORDS_BESIDE_ADDRESS and found[0].lower().startswith(("http", "git@", "ssh")))


def find_route(question: str, pack: Pack) -> RelatedPack | None:
    """The related pack with most of its terms in the question, unless the question is about Go or Rust all the same."""
    if named_language(question) or implied_language(question):
        return None
    counts = {related.id: sum(1 for term in related.terms if _contains(question, term)) for related in pack.related}
    best = max(pack.related, key=lambda related: counts[related.id], default=None)
    return best if best and counts[best.id] else None


def _contains(question: str, term: str) -> bool:
    return bool(re.search(rf"(?<![\w.-]){re.escape(term)}(?![\w-])", question, re.IGNORECASE))


def _without_instructions(question: str) -> Scope:
    """Lines that give orders to a model are data: they are taken out, and what is left is searched if it is a question."""
    if not LABELLED.search(question) and not INSTRUCTION.search(question):
        return Scope(question)
    left = LABELLED.sub(" ", question)
    left = " ".join(part for part in re.split(r"(?<=[.!?\n])\s+", left) if not INSTRUCTION.search(part)).strip()
    if len(re.findall(r"\w{2,}", left)) < FEWEST_WORDS_LEFT:
        return Scope(
            question, refusal="That is an instruction to a language model, and there is none here that follows instructions. Ask a question about your backend."
        )
    return Scope(left, notes=("A part of the text reads as an instruction to a language model; it was left out of the search.",))
