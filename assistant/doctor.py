"""Is everything there that an answer needs? In: Settings. Out: one Check a part, with the command that mends it."""

import sys
from collections.abc import Callable
from dataclasses import dataclass

from assistant.chat_models import Message, open_chat_model
from assistant.errors import GnomonError
from assistant.local_model import LocalServer
from assistant.project.catalogue import load_catalogue
from assistant.settings import Settings
from index.build import open_search
from index.documents import load_methodologies
from index.onnx_embedder import open_embedder
from index.pack import load_pack


@dataclass(frozen=True)
class Check:
    """One part looked at; `detail` says what was found, or what is wrong and how to mend it."""

    name: str
    ok: bool
    detail: str


def examine_parts(settings: Settings) -> list[Check]:
    """Every check, in the order in which an answer needs the parts."""
    return [
        _check("python", lambda: f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"),
        _check("pack", lambda: _pack(settings)),
        _check("catalogue", lambda: f"{len(load_catalogue(settings.pack).technologies)} technologies"),
        _check("data folder", lambda: _writable(settings)),
        _check("weights", lambda: _weights(settings)),
        _check("index", lambda: _index(settings)),
        _check("chat model", lambda: _chat_model(settings)),
    ]


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except GnomonError as error:
        return Check(name, False, str(error))


def _pack(settings: Settings) -> str:
    pack = load_pack(settings.pack)
    return f"{pack.id} {pack.version}, {len(load_methodologies(settings.pack))} methodologies"


def _writable(settings: Settings) -> str:
    probe = settings.data_dir / ".probe"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise GnomonError(f"{settings.data_dir} cannot be written ({error.strerror}). Set GNOMON_DATA_DIR to a folder that can.") from error
    return str(settings.data_dir)


def _weights(settings: Settings) -> str:
    embedder = open_embedder(settings.data_dir / "models", settings.model_weights)
    return f"{embedder.fingerprint}, {embedder.embed(['ready'])[0].shape[0]} dimensions"


def _index(settings: Settings) -> str:
    search = open_search(
        settings.pack, settings.data_dir, open_embedder(settings.data_dir / "models", settings.model_weights), settings.dense_weight, settings.corpus
    )
    return f"{len(search.passages)} passages"


def _chat_model(settings: Settings) -> str:
    """Ask the model for one word, so that key, address and name are known to be right."""
    local = LocalServer(settings.data_dir)
    model = open_chat_model(settings.model, settings.model_url, settings.model_seconds, local)
    if model is None:
        return "none set; answers are quotes (GNOMON_MODEL=provider:name sets one)"
    try:
        text = "".join(model.stream([Message("user", "Answer with the one word: ready")]))
    finally:
        local.stop()
    return f"{model.name} answers ({len(text)} characters)"
