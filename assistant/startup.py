"""The one place that picks concrete classes. In: Settings. Out: a ready Assistant, an Inspector, or an index that is up to date."""

from typing import Any

from assistant.answer.compose import Writer
from assistant.assistant import Assistant, Progress
from assistant.chat_models import open_chat_model
from assistant.contract import schemas
from assistant.doctor import Check, examine_parts
from assistant.local_model import LocalServer
from assistant.project.archive import Limits
from assistant.project.catalogue import load_catalogue
from assistant.project.inspection import Inspector
from assistant.settings import Settings
from index.build import BuildReport, build_index, open_search
from index.documents import load_methodologies
from index.embedders import Embedder
from index.onnx_embedder import open_embedder
from index.pack import load_pack
from index.search import Search


def create_assistant(settings: Settings) -> Assistant:
    """Open the index and everything on top of it. Raises IndexUnusable when there is none that fits."""
    embedder = create_embedder(settings)
    search = open_search(settings.pack, settings.data_dir, embedder, settings.dense_weight, settings.corpus)
    return Assistant(
        pack_folder=settings.pack,
        pack=load_pack(settings.pack),
        documents=tuple(load_methodologies(settings.pack)),
        catalogue=load_catalogue(settings.pack),
        search=search,
        limits=Limits.from_settings(settings),
        writer=create_writer(settings, search),
        max_question_chars=settings.max_question_chars,
    )


def create_writer(settings: Settings, search: Search) -> Writer | None:
    """What writes answers up with the chat model of GNOMON_MODEL; None without one. Raises SettingError."""
    model = open_chat_model(settings.model, settings.model_url, settings.model_seconds, LocalServer(settings.data_dir))
    return Writer(model, search.embedder, search.passages, settings.model_unsupported) if model else None


def create_embedder(settings: Settings) -> Embedder:
    """The quantised embedder, made on first use in the data folder; the original where that is not possible."""
    return open_embedder(settings.data_dir / "models", settings.model_weights)


def prepare_index(settings: Settings, progress: Progress | None = None, rebuild: bool = False) -> BuildReport:
    """Build the index unless it is unchanged."""
    return build_index(settings.pack, settings.data_dir, create_embedder(settings), progress, rebuild, settings.corpus)


def create_inspector(settings: Settings) -> Inspector:
    """What reads projects alone, without index or model."""
    return Inspector(load_catalogue(settings.pack), load_pack(settings.pack), Limits.from_settings(settings))


def examine(settings: Settings) -> list[Check]:
    """Whether every part that an answer needs is there and whole."""
    return examine_parts(settings)


def contract_schemas() -> dict[str, Any]:
    """JSON Schemas of everything that the doors print."""
    return schemas()
