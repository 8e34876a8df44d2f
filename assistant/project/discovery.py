"""Which discovery questions remain. In: a ProjectContext and the pack's questions. Out: only what no evidence settles, with the reason."""

from dataclasses import dataclass


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
