"""Print how fast and how large the parts are. Run by `make bench` (`python -m tests.bench archives`: the reading alone); never a test.

In one run a plain read of the same zip stands beside ours, as a ratio.
"""

import gzip
import io
import json
import resource
import statistics
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from assistant.assistant import Assistant
from assistant.conversation import Conversation
from assistant.errors import ProjectRefused
from assistant.project.archive import Limits, read_project
from assistant.project.catalogue import load_catalogue
from assistant.project.context import ProjectContext
from assistant.project.stack import detect_stack
from assistant.settings import PROJECT_ROOT, read_settings
from assistant.startup import create_assistant, prepare_index

ROUNDS = 3
SOURCE = (
    'package p\n\nimport "net/http"\n\nfunc F(w http.ResponseWriter, r *http.Request) int { return 42 }\n' + "// a line of a file of the usual length\n" * 60
)


def main() -> None:
    settings = read_settings({"GNOMON_DATA_DIR": tempfile.mkdtemp(prefix="gnomon-bench-")})
    started = time.perf_counter()
    report = prepare_index(settings)
    built = time.perf_counter() - started
    print(f"index built           {built:8.1f} s   {report.passages} passages, {report.passages / built:.0f} a second (model load included)")
    started = time.perf_counter()
    prepare_index(settings)
    print(f"index unchanged       {time.perf_counter() - started:8.3f} s")
    started = time.perf_counter()
    assistant = create_assistant(settings)
    print(f"assistant opened      {time.perf_counter() - started:8.2f} s")
    assistant.warm_up()
    questions = read_texts()
    show("question to passages", lambda text: assistant.find(text, Conversation(), ProjectContext()), questions)
    show("question to answer", lambda text: ask(assistant, text), questions)
    bench_archives()
    print(f"memory at the peak    {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:8.0f} MB")


def read_texts() -> list[str]:
    files = sorted((PROJECT_ROOT / "tests" / "relevance" / "questions").glob("*.jsonl"))
    rows = [json.loads(line) for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [row["question"] for row in rows if "question" in row]


def ask(assistant: Assistant, text: str) -> None:
    for _piece in assistant.ask(text, Conversation(), ProjectContext()):
        pass


def show(name: str, work: Callable[[str], object], texts: list[str]) -> None:
    spent = []
    for text in texts:
        started = time.perf_counter()
        work(text)
        spent.append(1000 * (time.perf_counter() - started))
    print(f"{name:<21} {statistics.median(spent):8.1f} ms p50   {statistics.quantiles(spent, n=20)[-1]:.1f} ms p95   n={len(texts)}")


def bench_archives() -> None:
    """Reading uploads: an ordinary repository, a vast one, the same with ten times as much to skip, and bombs."""
    with tempfile.TemporaryDirectory() as name:
        folder, catalogue = Path(name), load_catalogue(PROJECT_ROOT / "corpus" / "backend-systems")
        ordinary = write_zip(folder / "ordinary.zip", sources(2_000))
        ours, plain = best(lambda: read_project(ordinary, Limits())), best(lambda: read_plainly(ordinary))
        tree = read_project(ordinary, Limits())
        detected = best(lambda: detect_stack(tree, catalogue))
        print(f"zip of 2,000 files    {ours:8.2f} s   {ours / plain:.1f} times a plain read of every member ({plain:.2f} s); its stack in {detected:.2f} s")
        bench_vast(folder)
        bench_formats(folder)
        bench_bombs(folder)


def bench_vast(folder: Path) -> None:
    """60,000 entries, most of them vendored; memory is what Python and the reading hold above idle."""
    vendored = {f"repo/{top}/p{number % 700}/f{number}.go": SOURCE for top in ("vendor/example.com", "node_modules") for number in range(28_000)}
    vast = write_zip(folder / "vast.zip", sources(4_000) | vendored)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    ours, plain = timed(lambda: read_project(vast, Limits())), timed(lambda: read_plainly(vast))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    print(f"zip of 60,000 entries {ours:8.2f} s   {ours / plain:.1f} times a plain read ({plain:.2f} s); {grown:.0f} MB more at the peak, plain read included")
    large = {f"repo/vendor/example.com/f{number}.go": SOURCE * 20 for number in range(5_000)}
    few, many = write_zip(folder / "few.zip", sources(1_000)), write_zip(folder / "many.zip", sources(1_000) | large)
    skipped = sum(map(len, large.values())) / 1e6
    alone, beside = best(lambda: read_project(few, Limits())), best(lambda: read_project(many, Limits()))
    print(f"1,000 files           {alone:8.2f} s   and {beside:.2f} s with {skipped:.0f} MB more to skip")


def bench_formats(folder: Path) -> None:
    """The same repository as a tar, plain and packed."""
    for mode in ("w", "w:gz", "w:xz"):
        path = folder / f"ordinary.{mode.replace(':', '.')}"
        with tarfile.open(path, mode) as target:
            for name, text in sources(2_000).items():
                row = tarfile.TarInfo(name)
                row.size = len(text)
                target.addfile(row, io.BytesIO(text.encode()))
        print(f"tar ({mode:<4}) of the same {best(lambda path=path: read_project(path, Limits())):6.2f} s")  # type: ignore[misc]


def bench_bombs(folder: Path) -> None:
    """How long it takes to refuse: a zip that grows a thousandfold, a tar.gz of a gigabyte of zeros, one name after the other."""
    bomb = write_zip(folder / "bomb.zip", {"repo/main.go": "\0" * 1_900_000, "repo/go.mod": "module m\n"})
    nested = folder / "bomb.tar.gz"
    with gzip.open(nested, "wb", compresslevel=1) as target:
        row = tarfile.TarInfo("main.go")
        row.size = 1 << 30
        target.write(row.tobuf())
        for _ in range(1 << 10):
            target.write(bytes(1 << 20))
    for path in (bomb, nested):
        print(f"{path.name:<21} {timed(lambda path=path: refused(path)):8.2f} s   until it is refused")  # type: ignore[misc]


def refused(path: Path) -> None:
    try:
        read_project(path, Limits())
    except ProjectRefused:
        return
    raise AssertionError(f"{path.name} was read")


def sources(count: int) -> dict[str, str]:
    return {"repo/go.mod": "module example.com/x\n\ngo 1.26\n"} | {f"repo/internal/p{number % 50}/f{number}.go": SOURCE for number in range(count)}


def write_zip(path: Path, files: dict[str, str]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name, text)
    return path


def read_plainly(path: Path) -> int:
    with zipfile.ZipFile(path) as source:
        return sum(len(source.read(name).decode()) for name in source.namelist())


def best(work: Callable[[], object]) -> float:
    return min(timed(work) for _ in range(ROUNDS))


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    bench_archives() if "archives" in sys.argv[1:] else main()
