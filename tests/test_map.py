"""docs/architecture.md is the map; these rules keep it true."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import PROJECT_ROOT

PACKAGES = ("assistant", "index")
OWNERS = {
    "chromadb": {"index/chroma_store.py"},
    "sentence_transformers": {"index/embedders.py"},
    "onnxruntime": {"index/onnx_embedder.py"},
    "bm25s": {"index/keywords.py"},
    "langchain_core": {"index/langchain_retriever.py", "assistant/baseline.py"},
    "xllamacpp": {"assistant/local_worker.py"},
    "tree_sitter": {"assistant/project/imports.py"},
    "typer": {"assistant/doors/cli.py", "assistant/doors/cli_corpus.py", "assistant/doors/cli_eval.py", "assistant/doors/cli_inspect.py"},
    "lzma": {"assistant/project/unpackers.py"},
    "zstandard": {"assistant/project/unpackers.py"},
}
# What a door is handed it may name: contexts, answers, conversations and passages are values.
DOORS_MAY_IMPORT = ("assistant.startup", "assistant.assistant", "assistant.errors", "assistant.settings", "assistant.doors")
VALUES = {"assistant/doors/page/shown.py", "assistant/doors/cli.py"}  # the two files of the doors that name those values
AUTHORS = {"assistant/doors/cli_corpus.py", "assistant/doors/cli_eval.py"}  # for those who write and measure; they take parts by hand
FORBIDDEN_NAMES = {"utils", "helpers", "base", "manager", "records"}


def modules():
    return [path for package in PACKAGES for path in sorted((PROJECT_ROOT / package).rglob("*.py"))]


def imports(path: Path, top_level_only: bool = False):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def shown(path: Path) -> str:
    return path.relative_to(PROJECT_ROOT).as_posix()


def test_index_knows_nothing_of_the_assistant():
    wrong = [shown(path) for path in modules() if shown(path).startswith("index/") and any(name.split(".")[0] == "assistant" for name in imports(path))]
    assert wrong == []


def test_doors_import_nothing_deeper_than_the_assistant():
    wrong = [
        f"{shown(path)}: {name}"
        for path in modules()
        if shown(path).startswith("assistant/doors/") and shown(path) not in VALUES | AUTHORS
        for name in imports(path)
        if name.split(".")[0] in PACKAGES and not name.startswith(DOORS_MAY_IMPORT)
    ]
    assert wrong == []


@pytest.mark.parametrize("library", OWNERS)
def test_each_heavy_library_has_one_owner(library):
    found = {shown(path) for path in modules() if any(name.split(".")[0] == library for name in imports(path))}
    assert found == OWNERS[library]


def test_gradio_stays_in_the_page():
    found = {shown(path) for path in modules() if any(name.split(".")[0] == "gradio" for name in imports(path))}
    assert found
    assert all(path.startswith("assistant/doors/page/") for path in found)


def test_no_module_is_a_drawer_for_anything():
    assert [shown(path) for path in modules() if path.stem in FORBIDDEN_NAMES] == []


def test_help_starts_without_the_heavy_libraries():
    code = "import sys, assistant.doors.cli; print([name for name in ('torch', 'chromadb', 'gradio', 'sentence_transformers') if name in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT_ROOT)
    assert out.stdout.strip() == "[]"


def test_every_module_says_what_it_is_for():
    wrong = [shown(path) for path in modules() if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert wrong == []


def test_the_map_names_every_module():
    text = (PROJECT_ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    missing = [shown(path) for path in modules() if path.name != "__init__.py" and path.name not in text]
    assert missing == []
