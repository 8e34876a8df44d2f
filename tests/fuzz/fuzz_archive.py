"""Fuzz the way of an upload: bytes to a tree, a tree to facts. Run by hand: `python -m tests.fuzz.fuzz_archive [seconds]`; never a test.

With atheris installed its coverage leads the changes; without it, changes of the seeds by chance. Whatever is no ProjectRefused, takes longer
than its limits or keeps more than they allow is a finding: the bytes are written to the temporary folder and named.
"""

import gzip
import hashlib
import lzma
import random
import struct
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import zstandard

from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_archive
from assistant.project.catalogue import Catalogue, load_catalogue
from assistant.project.stack import detect_stack, whole
from assistant.settings import PROJECT_ROOT
from tests.project.archives import END_OF_TAR, ZipRow, make_tar, make_zip, pack_zip, pack_zip64, pax_row, tar_row

LIMITS = replace(Limits(), inflated_bytes=2_000_000, entries=500, seconds=3.0, upload_bytes=1_000_000)
GRACE_SECONDS = 6.0  # reading, parsing and one slow machine
DEFAULT_SECONDS = 60.0
MOST_CHANGES = 8
FILES: dict[str, str | bytes] = {
    "r/go.mod": "module example.com/m\n\ngo 1.26\n\nrequire github.com/gin-gonic/gin v1.12.0\n",
    "r/main.go": 'package main\n\nimport "github.com/gin-gonic/gin"\n\nfunc main() { gin.Default().Run() }\n',
    "r/api/Cargo.toml": '[package]\nname = "api"\nedition = "2024"\n[dependencies]\naxum = { version = "0.8", features = ["ws"] }\n',
    "r/api/src/main.rs": "#[tokio::main]\nasync fn main() { axum::serve(l, r).await }\n",
    "r/compose.yaml": "services:\n  db:\n    image: postgres:18\n",
    "r/.gitignore": "target/\n",
}


def seeds() -> list[bytes]:
    """The seed corpus: every format, and each trick of a format once."""
    tar = make_tar(FILES)
    return [
        make_zip(FILES), make_zip(FILES, comment=b"0123456789abcdef"), make_zip({"vendor/modules.txt": "# a v1.0.0\n", **FILES}), tar, make_tar(FILES, kind=0),
        make_tar({"r/" + "long/" * 30 + "main.go": "package main\n"}, kind=1), gzip.compress(tar, mtime=0), lzma.compress(tar), zstandard.compress(tar),
        pack_zip(ZipRow("a/main.go"), ZipRow("a/go.mod", b"module m\n", method=0)), pack_zip64(ZipRow("main.go")),
        pack_zip(ZipRow("main.go", extra=struct.pack("<2HBL", 0x7075, 12, 1, 0) + b"main.go")),
        pax_row({"path": "x.go", "size": "13"}) + tar_row("y.go") + END_OF_TAR,
        tar_row("x", b"long.go\0", b"L") + tar_row("y.go") + END_OF_TAR, gzip.compress(tar[:700], mtime=0) + gzip.compress(tar[700:], mtime=0),
    ]  # fmt: skip


def try_upload(content: bytes, folder: Path, catalogue: Catalogue) -> None:
    """One upload. Raises AssertionError for a finding; what the reader raises beside its refusals comes through."""
    path = folder / "upload"
    path.write_bytes(content)
    started = time.monotonic()
    try:
        tree = read_archive(path, LIMITS)
        facts = whole(detect_stack(tree, catalogue))
    except ProjectRefused as error:
        assert "\n" not in str(error) and str(folder) not in str(error), error
        return
    finally:
        assert time.monotonic() - started < GRACE_SECONDS, f"took {time.monotonic() - started:.1f} s"
    assert sum(map(len, tree.texts.values())) <= LIMITS.inflated_bytes
    assert all(fact.evidence.path in tree.paths for fact in facts)


def changed(content: bytes, dice: random.Random) -> bytes:
    """A seed with a few bytes put in, taken out, doubled or set to a telling number."""
    data = bytearray(content)
    for _ in range(dice.randint(1, MOST_CHANGES)):
        at = dice.randrange(len(data) + 1)
        length = dice.choice((1, 2, 4, 8, 100))
        piece = dice.choice((b"\xff" * length, bytes(length), dice.randbytes(length), bytes(data[at : at + length])))
        data[at : at + dice.choice((0, length))] = piece
    return bytes(data)


def report(content: bytes, error: BaseException) -> None:
    """Keep the bytes of a finding and say where."""
    path = Path(tempfile.gettempdir()) / f"gnomon-finding-{hashlib.sha256(content).hexdigest()[:12]}"
    path.write_bytes(content)
    print(f"finding {path}: {type(error).__name__}: {error}")


def run_by_chance(seconds: float, folder: Path, catalogue: Catalogue) -> int:
    """Changes of the seeds until the time is up; the number of findings."""
    dice, tried, findings = random.Random(4), 0, 0
    corpus, until = seeds(), time.monotonic() + seconds
    while time.monotonic() < until:
        content = changed(dice.choice(corpus), dice)
        tried += 1
        try:
            try_upload(content, folder, catalogue)
        except Exception as error:
            findings += 1
            report(content, error)
    print(f"{tried:,} uploads tried in {seconds:g} s, {findings} findings")
    return findings


def run_with_atheris(seconds: float, folder: Path, catalogue: Catalogue) -> None:
    """Coverage leads the changes; the seeds lie in a folder of their own."""
    import atheris

    corpus = folder / "seeds"
    corpus.mkdir()
    for number, seed in enumerate(seeds()):
        (corpus / str(number)).write_bytes(seed)
    atheris.instrument_all()
    atheris.Setup(
        [sys.argv[0], f"-max_total_time={int(seconds)}", "-timeout=10", "-rss_limit_mb=1500", str(corpus)],
        lambda content: try_upload(content, folder, catalogue),
    )
    atheris.Fuzz()


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_SECONDS
    catalogue = load_catalogue(PROJECT_ROOT / "corpus" / "backend-systems")
    with tempfile.TemporaryDirectory(prefix="gnomon-fuzz-") as name:
        try:
            run_with_atheris(seconds, Path(name), catalogue)
        except ImportError:
            sys.exit(run_by_chance(seconds, Path(name), catalogue) > 0)


if __name__ == "__main__":
    main()
