"""Build and open the search index. In: a pack folder and a data folder. Out: an open Search. Built beside the old one, checked, then swapped whole."""

import dataclasses
import hashlib
import json
import shutil
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from index.chroma_store import ChromaStore
from index.documents import load_methodologies
from index.embedders import Embedder, Vectors
from index.errors import CorpusError, IndexUnusable
from index.fusion import convex
from index.keywords import KeywordIndex
from index.pack import load_pack
from index.passages import Passage, cut_passages
from index.prose import Sentence, split_sentences
from index.search import Search
from index.spelling import Spelling, plain_words
from index.team import load_team_passages, team_files

FORMAT = 3  # raise it when the files below change their shape or their meaning
CURRENT = "current"
PASSAGE_VECTORS = "passages.npy"
SENTENCE_VECTORS = "sentences.npy"
EMBED_BATCH = 64
MEND = "Run: gnomon index"
REBUILD = "Run: gnomon index --rebuild"

Progress = Callable[[str, float], None]
Known = Mapping[str, Vectors]  # text -> its vector, from the index before: a changed document is all that has to be encoded


@dataclass(frozen=True)
class BuildReport:
    """What a build did: `built` is False when the index was already right."""

    built: bool
    passages: int
    folder: Path


def build_index(
    pack_folder: Path, data_dir: Path, embedder: Embedder, progress: Progress | None = None, rebuild: bool = False, team: Sequence[Path] = ()
) -> BuildReport:
    """Make the index of a pack and of a team's own folders, unless it is unchanged. Raises CorpusError, IndexUnusable (another writer, no space)."""
    say = progress or _silent
    fingerprint = corpus_fingerprint(pack_folder, embedder, team)
    home = _home(data_dir, pack_folder)
    if not rebuild and (manifest := _read_manifest(home)) and manifest["fingerprint"] == fingerprint:
        return BuildReport(False, manifest["passages"], home / manifest["folder"])
    try:
        home.mkdir(parents=True, exist_ok=True)
        with FileLock(home / "writer.lock", timeout=0):
            return _build(pack_folder, team, home, embedder, fingerprint, say, {} if rebuild else _known_vectors(home, embedder))
    except Timeout as error:
        raise IndexUnusable(f"Another process is building the index in {home}. Wait until it has finished, then try again.") from error
    except OSError as error:
        raise IndexUnusable(
            f"The index cannot be written to {home}: {error.strerror or error}. Free space or set GNOMON_DATA_DIR to another folder."
        ) from error


def open_search(pack_folder: Path, data_dir: Path, embedder: Embedder, dense_weight: float, team: Sequence[Path] = ()) -> Search:
    """Open the index and test it. Raises IndexUnusable that names the command which mends it."""
    home = _home(data_dir, pack_folder)
    manifest = _read_manifest(home)
    if manifest is None:
        raise IndexUnusable(f"There is no search index in {home}. {MEND}")
    if manifest["fingerprint"] != corpus_fingerprint(pack_folder, embedder, team):
        raise IndexUnusable(f"The search index in {home} was built from another corpus, model or version. {MEND}")
    return open_index(home / str(manifest["folder"]), str(manifest["pack"]), embedder, dense_weight)


def open_index(folder: Path, pack: str, embedder: Embedder, dense_weight: float) -> Search:
    """Open what `write_index` wrote, after a self-test. Raises IndexUnusable."""
    passages, sentences = _read_passages(folder), _read_sentences(folder)
    store = ChromaStore(folder / "chroma", pack)
    if store.count() != len(passages):
        raise IndexUnusable(f"The search index holds {store.count()} of {len(passages)} passages. {REBUILD}")
    store.check()
    keywords, spelling = KeywordIndex.load(folder / "keywords"), _read_spelling(folder)
    return Search(passages, store, keywords, embedder, sentences, spelling=spelling, fuse=convex(dense_weight))


def write_index(folder: Path, pack: str, passages: Sequence[Passage], embedder: Embedder, say: Progress, known: Known | None = None) -> None:
    """Write all parts of an index into an existing empty folder; texts with a `known` vector are not encoded again."""
    _write_vectors(folder, pack, passages, embedder, say, known or {})
    say("indexing words", 0.95)
    KeywordIndex.build([passage.keyword_text for passage in passages]).save(folder / "keywords")
    (folder / "words.txt").write_text("\n".join(plain_words(passage.keyword_text for passage in passages)), encoding="utf-8")
    _write_lines(folder / "passages.jsonl", [dataclasses.asdict(passage) for passage in passages])


def corpus_fingerprint(pack_folder: Path, embedder: Embedder, team: Sequence[Path] = ()) -> str:
    """Changes when the documents, the pack's data, the team's files, the embedder or the index format change."""
    digest = hashlib.sha256(f"{FORMAT}\n{embedder.fingerprint}\n".encode())
    for path in [pack_folder / "pack.yaml", *sorted((pack_folder / "methodologies").glob("*/*.md"))]:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CorpusError(str(path), 0, "cannot be read; is GNOMON_PACK a pack folder?") from error
        digest.update(f"{path.relative_to(pack_folder).as_posix()}\0{len(content)}\0".encode() + content)
    for folder, path in team_files(team):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return digest.hexdigest()


def _home(data_dir: Path, pack_folder: Path) -> Path:
    return data_dir / "index" / pack_folder.resolve().name


def _silent(_stage: str, _share: float) -> None:
    pass


def _read_manifest(home: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((home / CURRENT).read_text(encoding="utf-8"))
        complete = {"fingerprint", "folder", "passages", "pack"} <= set(manifest) and (home / manifest["folder"]).is_dir()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        raise IndexUnusable(f"{home / CURRENT} cannot be read. {REBUILD}") from error
    return manifest if complete else None


def _build(pack_folder: Path, team: Sequence[Path], home: Path, embedder: Embedder, fingerprint: str, say: Progress, known: Known) -> BuildReport:
    """Write everything into a new folder, then point `current` at it; the old index serves until that moment."""
    for stale in home.glob("*.building"):
        shutil.rmtree(stale, ignore_errors=True)
    say("reading documents", 0.0)
    pack = load_pack(pack_folder)
    passages = cut_passages(load_methodologies(pack_folder))
    if not passages:
        raise CorpusError(str(pack_folder), 0, "has no methodologies")
    passages += load_team_passages(team)
    name = f"{fingerprint[:12]}-{uuid.uuid4().hex[:8]}"
    work = home / f"{name}.building"
    work.mkdir()
    write_index(work, pack.id, passages, embedder, say, known)
    work.rename(home / name)
    _swap(home, {"fingerprint": fingerprint, "folder": name, "passages": len(passages), "pack": pack.id, "embedder": embedder.fingerprint})
    say("done", 1.0)
    return BuildReport(True, len(passages), home / name)


def _known_vectors(home: Path, embedder: Embedder) -> Known:
    """The vectors of the index in force, if the same embedder made them; an index that cannot be read knows nothing."""
    manifest = _readable_manifest(home)
    folder = home / str(manifest.get("folder", ""))
    if manifest.get("embedder") != embedder.fingerprint:
        return {}
    try:
        texts = [passage.embedded_text for passage in _read_passages(folder)] + [row["text"] for row in _read_lines(folder / "sentences.jsonl")]
        vectors = np.concatenate([np.load(folder / PASSAGE_VECTORS, allow_pickle=False), np.load(folder / SENTENCE_VECTORS, allow_pickle=False)])
        return dict(zip(texts, vectors, strict=True))
    except (IndexUnusable, OSError, ValueError, KeyError):
        return {}


def _write_vectors(work: Path, pack: str, passages: Sequence[Passage], embedder: Embedder, say: Progress, known: Known) -> None:
    """Passage vectors into Chroma and one array, sentence vectors into another."""
    sentences = [(passage.id, sentence) for passage in passages for sentence in split_sentences(passage.text)]
    texts = [passage.embedded_text for passage in passages] + [sentence.text for _, sentence in sentences]
    vectors = _vectors_of(texts, embedder, say, known)
    _write_store(work / "chroma", pack, passages, vectors[: len(passages)])
    np.save(work / PASSAGE_VECTORS, vectors[: len(passages)])
    np.save(work / SENTENCE_VECTORS, vectors[len(passages) :])
    _write_lines(work / "sentences.jsonl", [{"passage": name, **dataclasses.asdict(sentence)} for name, sentence in sentences])


def _write_store(folder: Path, pack: str, passages: Sequence[Passage], vectors: Vectors) -> None:
    """One Chroma collection a language; the client is closed before the folder is renamed."""
    store = ChromaStore(folder, pack)
    for language in sorted({passage.language for passage in passages}):
        chosen = [at for at, passage in enumerate(passages) if passage.language == language]
        metadata = [_metadata(passages[at]) for at in chosen]
        store.add(language, [passages[at].id for at in chosen], vectors[chosen], metadata)
    store.check()
    store.close()


def _metadata(passage: Passage) -> dict[str, str]:
    return {"methodology": passage.methodology, "kind": passage.kind, "domain": passage.domain, "language": passage.language}


def _vectors_of(texts: Sequence[str], embedder: Embedder, say: Progress, known: Known) -> Vectors:
    """Vectors of `texts` in their order; only those that are not known are encoded, each once."""
    fresh = list(dict.fromkeys(text for text in texts if text not in known))
    encoded = dict(zip(fresh, _embed(embedder, fresh, say), strict=True)) if fresh else {}
    return np.stack([known[text] if text in known else encoded[text] for text in texts])


def _embed(embedder: Embedder, texts: Sequence[str], say: Progress) -> Vectors:
    """Vectors of `texts` in their order; encoded shortest first, because a batch is padded to its longest text."""
    order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
    parts: list[Vectors] = []
    for at in range(0, len(order), EMBED_BATCH):
        say(f"encoding {at} of {len(texts)} texts", 0.95 * at / len(texts))
        parts.append(embedder.embed([texts[n] for n in order[at : at + EMBED_BATCH]]))
    shuffled = np.concatenate(parts)
    vectors = np.empty_like(shuffled)
    vectors[order] = shuffled
    return vectors


def _write_lines(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def _swap(home: Path, manifest: Mapping[str, Any]) -> None:
    """Point `current` at the new folder in one step, then remove older ones; the last one stays, since a running page may still read it."""
    before = _readable_manifest(home)
    fresh = home / f"{CURRENT}.new"
    fresh.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    fresh.replace(home / CURRENT)
    for old in home.iterdir():
        if old.is_dir() and old.name not in (manifest["folder"], before.get("folder")):
            shutil.rmtree(old, ignore_errors=True)


def _readable_manifest(home: Path) -> Mapping[str, Any]:
    try:
        return _read_manifest(home) or {}
    except IndexUnusable:
        return {}


def _read_passages(folder: Path) -> list[Passage]:
    rows = _read_lines(folder / "passages.jsonl")
    return [Passage(**{key: _frozen(value) for key, value in row.items()}) for row in rows]


def _read_spelling(folder: Path) -> Spelling:
    try:
        return Spelling((folder / "words.txt").read_text(encoding="utf-8").split())
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"The index file words.txt cannot be read. {REBUILD}") from error


def _frozen(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return {key: tuple(part) for key, part in value.items()} if isinstance(value, dict) else value


def _read_sentences(folder: Path) -> dict[str, tuple[Sequence[Sentence], Vectors]]:
    """Passage id -> its sentences and their vectors."""
    try:
        vectors: Vectors = np.load(folder / SENTENCE_VECTORS, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"The index file sentences.npy cannot be read. {REBUILD}") from error
    rows = _read_lines(folder / "sentences.jsonl")
    if len(rows) != len(vectors):
        raise IndexUnusable(f"The index holds vectors for {len(vectors)} of {len(rows)} sentences. {REBUILD}")
    found: dict[str, tuple[list[Sentence], list[int]]] = {}
    for at, row in enumerate(rows):
        sentences, places = found.setdefault(row.pop("passage"), ([], []))
        sentences.append(Sentence(**row))
        places.append(at)
    return {name: (sentences, vectors[places]) for name, (sentences, places) in found.items()}


def _read_lines(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError) as error:
        raise IndexUnusable(f"The index file {path.name} cannot be read. {REBUILD}") from error
