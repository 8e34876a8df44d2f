"""A pack's own data. In: a pack folder. Out: a Pack from pack.yaml, checked."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from index.errors import CorpusError


class PackOption(BaseModel):
    """One answer to a discovery question; `id` is the context value it stands for."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    label: str
    description: str


class PackQuestion(BaseModel):
    """A discovery question; `id` is the context key it settles, `settled_by` the facts that make asking needless."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    header: str
    question: str
    reason: str
    settled_by: tuple[str, ...]
    options: tuple[PackOption, ...]


class RelatedPack(BaseModel):
    """A neighbour that a question may belong to: `terms` are the words that send it there."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    title: str
    covers: str
    terms: tuple[str, ...]


class Pack(BaseModel):
    """pack.yaml: what the pack is, what it asks, and where it sends what it does not cover."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    id: str
    title: str
    version: str
    domains: tuple[str, ...]
    questions: tuple[PackQuestion, ...]
    related: tuple[RelatedPack, ...]


def load_pack(folder: Path) -> Pack:
    """Read and check `folder`/pack.yaml. Raises CorpusError."""
    path = folder / "pack.yaml"
    try:
        return Pack.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise CorpusError(str(path), 0, "cannot be read; is this a pack folder?") from error
    except yaml.YAMLError as error:
        raise CorpusError(str(path), 0, f"is not YAML: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise CorpusError(str(path), 0, f"{where}: {first['msg']}") from error
