"""The frozen values that the page shows, gathered in one place from the files where they are born. No logic; every other file of the page imports them here."""

from assistant.answer.answer import Answer, ProjectSource, Source
from assistant.conversation import Conversation
from assistant.project.context import CONTEXT_KEYS, ProjectContext, ServiceChoice
from assistant.project.discovery import DiscoveryQuestion
from assistant.project.facts import Evidence, Fact
from index.documents import Methodology, Reference, Section
from index.passages import Passage

__all__ = [
    "CONTEXT_KEYS",
    "Answer",
    "Conversation",
    "DiscoveryQuestion",
    "Evidence",
    "Fact",
    "Methodology",
    "Passage",
    "ProjectContext",
    "ProjectSource",
    "Reference",
    "Section",
    "ServiceChoice",
    "Source",
]
