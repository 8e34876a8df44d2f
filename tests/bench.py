"""Print how fast and how large the parts are. Run by `make bench`; never a test. In one run a plain read of the same zip stands beside ours, as a ratio."""

import json
import resource
import statistics
import tempfile
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

from assistant.assistant import Assistant
from assistant.conversation import Conversation
from assistant.project.archive import Limits, read_project
from assistant.project.context import ProjectContext
from assistant.settings import PROJECT_ROOT, read_settings
from assistant.startup import create_assistant, prepare_index

ROUNDS = 3


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
    bench_archive()
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


def bench_archive() -> None:
    """A repository of 2,000 files: our reading against a plain `zipfile` that reads every member."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "repository.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
            target.writestr("repo/go.mod", "module example.com/x\n\ngo 1.26\n")
            for number in range(2_000):
                target.writestr(f"repo/internal/p{number % 50}/f{number}.go", f"package p{number % 50}\n\nfunc F{number}() int {{ return {number} }}\n" * 40)
        ours = min(timed(lambda: read_project(path, Limits())) for _ in range(ROUNDS))
        plain = min(timed(lambda: read_plainly(path)) for _ in range(ROUNDS))
    print(f"zip of 2,000 files    {ours:8.2f} s   {ours / plain:.1f} times a plain read of every member ({plain:.2f} s)")


def read_plainly(path: Path) -> int:
    with zipfile.ZipFile(path) as source:
        return sum(len(source.read(name).decode()) for name in source.namelist())


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
